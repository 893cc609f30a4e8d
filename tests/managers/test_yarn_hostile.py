"""Hostile packages that yarn 1 installs: what they get, and how the run ends."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import YarnCase  # noqa: E402
from npm_hostile import HostileDependencyTests, HostileStartTests  # noqa: E402


class Places(YarnCase):
    cache = "home/.cache/yarn/v6/*/node_modules/st-leaf/index.js"
    other_package = "project/node_modules/st-leaf/index.js"
    programs = ("/usr/bin/node",)


class Dependencies(HostileDependencyTests, Places):
    pass


class Starts(HostileStartTests, Places):
    def test_ProgramOfAPackageUnderExec(self):
        self.program_is_stopped([self.npm, "exec", "evil-tool"])
