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
    def test_StacksNameTheScriptsOfADependency(self):
        _, trace = self.is_stopped([self.npm, *self.install], self.needs("evil-direct"),
                                   "evil-direct", "6.6.1")
        tried = [event for event in trace.events if event["event.kind"] == "alert"
                 and event.get("file.path", "").endswith("/.aws/credentials")
                 and "safe_trace.stack.id" in event]
        told = {}
        for event in trace.find(event__action="stack"):
            told.setdefault(event["safe_trace.stack.id"], []).extend(
                zip(event["safe_trace.stack.source"], event["safe_trace.stack.location"],
                    event["safe_trace.stack.package"]))
        frames = [frame for event in tried for frame in told[event["safe_trace.stack.id"]]]
        script = [frame for frame in frames if frame[0] == "node"]
        self.assertTrue(script, trace.describe())
        self.assertRegex(script[0][1], r"/node_modules/evil-direct/evil\.js:3$")
        self.assertEqual("evil-direct", script[0][2])
        self.assertTrue([frame for frame in frames if frame[0] == "python"
                         and "/payload.py:" in frame[1]], frames)
        self.assertTrue([frame for frame in frames if frame[0] == "native"])


class Starts(HostileStartTests, Places):
    def test_ToolOfNpx(self):
        self.tool_is_stopped(["npx", "--yes", "evil-tool"])

    def test_GlobalInstallIntoAPrefix(self):
        self.victims = (self.cache,)
        self.is_stopped([self.npm, "install", "-g", "--prefix", "tools", "evil-direct"],
                        lambda world: None, "evil-direct", "6.6.1")
