"""pnpm installs from the registry on loopback, native builds and git included."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import PnpmCase  # noqa: E402
from npm_shared import NpmRegistryTests  # noqa: E402


class Pnpm(NpmRegistryTests, PnpmCase):
    def test_DlxRunsAToolThatItFetches(self):
        _, outcome = self.manage([self.npm, "--allow-build=st-leaf", "dlx", "st-tool"])
        self.assertIn(b"tool, middle, leaf 1.1", outcome.stdout)
