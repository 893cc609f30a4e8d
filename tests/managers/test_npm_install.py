"""npm under supervision: the same files and status as bare, and not one violation."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import NpmCase  # noqa: E402
from npm_shared import HonestInstallTests  # noqa: E402


class Npm(HonestInstallTests, NpmCase):
    def test_NpxRunsAToolThatItFetches(self):
        def check(_, outcome):
            self.assertIn(b"tool, middle, leaf 1.1", outcome.stdout)
        world, _ = self.honest(["npx", "--yes", "st-tool"], check=check)
        self.assertFalse(os.path.exists(os.path.join(world.project, "node_modules")))

    def test_GlobalInstallIntoAPrefix(self):
        prefix = "my tools"

        def check(world, _):
            tool = os.path.join(world.project, prefix, "bin", "st-tool")
            self.assertEqual("tool, middle, leaf 1.1", self.use(world, [tool]))
        self.honest(["npm", "install", "-g", "--prefix", prefix, "st-tool", "st-native"],
                    check=check)
