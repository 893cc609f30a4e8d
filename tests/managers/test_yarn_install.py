"""yarn 1 under supervision: the same files and status as bare, and not one violation."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import YarnCase  # noqa: E402
from npm_shared import HonestInstallTests  # noqa: E402


class Yarn(HonestInstallTests, YarnCase):
    def test_InstallThatExecStarts(self):
        world, _ = self.honest([self.npm, "exec", "yarn", "install"], prepare=lambda world:
                               self.project(world, {"st-leaf": "^1.0.0"}))
        self.assert_ran_as_package(world, "st-leaf", "1.1.0")
