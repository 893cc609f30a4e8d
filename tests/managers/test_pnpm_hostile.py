"""Hostile packages that pnpm installs: what they get, and how the run ends."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import PnpmCase  # noqa: E402
from npm_hostile import HostileDependencyTests, HostileStartTests  # noqa: E402


class Places(PnpmCase):
    cache = "home/.cache/pnpm/*/metadata/*/st-leaf*"
    other_package = "project/node_modules/.pnpm/st-leaf@1.1.0/node_modules/st-leaf/index.js"
    programs = ("/usr/bin/node",)


class Dependencies(HostileDependencyTests, Places):
    pass


class Starts(HostileStartTests, Places):
    def test_ToolOfDlx(self):
        self.tool_is_stopped([self.npm, "dlx", "evil-tool"])

    def test_ProgramOfAPackageUnderExec(self):
        self.program_is_stopped([self.npm, "exec", "evil-tool"])
