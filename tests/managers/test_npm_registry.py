"""npm installs from the registry on loopback, native builds and git included."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import NpmCase  # noqa: E402
from npm_shared import NpmRegistryTests  # noqa: E402


class Npm(NpmRegistryTests, NpmCase):
    def test_NpxRunsAToolThatItFetches(self):
        world, outcome = self.manage(["npx", "--yes", "st-tool"])
        self.assertIn(b"tool, middle, leaf 1.1", outcome.stdout)
        self.assertFalse(os.path.exists(os.path.join(world.project, "node_modules")))
