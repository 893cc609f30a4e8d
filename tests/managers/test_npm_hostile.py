"""Hostile packages that npm installs: what they get, and how the run ends."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import NpmCase  # noqa: E402
from npm_hostile import HostileDependencyTests, HostileStartTests  # noqa: E402


class Places(NpmCase):
    cache = "home/.npm/_cacache/index-v5/*/*/*"
    other_package = "project/node_modules/st-leaf/index.js"
    programs = ("/usr/bin/node",)


class Dependencies(HostileDependencyTests, Places):
    pass


class Starts(HostileStartTests, Places):
    def test_ToolOfNpx(self):
        self.tool_is_stopped(["npx", "--yes", "evil-tool"])

    def test_GlobalInstallIntoAPrefix(self):
        self.victims = (self.cache,)
        self.is_stopped([self.npm, "install", "-g", "--prefix", "tools", "evil-direct"],
                        lambda world: None, "evil-direct", "6.6.1")
