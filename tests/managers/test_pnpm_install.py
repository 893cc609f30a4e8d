"""pnpm under supervision: the same files and status as bare, and not one violation."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import PnpmCase  # noqa: E402
from npm_shared import HonestInstallTests  # noqa: E402


class Pnpm(HonestInstallTests, PnpmCase):
    def test_DlxRunsAToolThatItFetches(self):
        def check(_, outcome):
            self.assertIn(b"tool, middle, leaf 1.1", outcome.stdout)
        self.honest([self.npm, "--allow-build=st-leaf", "dlx", "st-tool"], check=check)

    def test_InstallThatExecStarts(self):
        world, _ = self.honest([self.npm, "exec", "pnpm", "install"], prepare=lambda world:
                               self.project(world, {"st-leaf": "^1.0.0"}))
        self.assert_ran_as_package(world, "st-leaf", "1.1.0")
