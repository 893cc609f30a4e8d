"""How much a trace of the default level grows on an ordinary, large install."""

import collections
import json
import os

import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from trace_file import newest_trace  # noqa: E402

PACKAGES = 300
WITH_SCRIPT = 10  # every tenth one
MOST_BYTES = 1_000_000


class TraceVolume(NpmCase):
    with_headers = False

    def fill_registry(self, registry):
        for number in range(PACKAGES):
            files = {"index.js": "module.exports = %d\n" % number}
            files.update({"lib/part-%d.js" % part: "// part\n" * 40 for part in range(6)})
            scripts = {}
            if number % WITH_SCRIPT == 0:
                files["post.js"] = "require('fs').writeFileSync('built.txt', 'built')\n"
                scripts = {"postinstall": "node post.js"}
            registry.add("st-part-%d" % number, "1.0.0", files=files, scripts=scripts)

    def test_the_trace_of_300_npm_packages_stays_below_a_megabyte(self):
        dependencies = {"st-part-%d" % number: "1.0.0" for number in range(PACKAGES)}
        world, _ = self.manage([self.npm, *self.install], True,
                               prepare=lambda world: self.project(world, dependencies))
        trace = newest_trace(world.state)
        bytes_of = collections.Counter()
        for event in trace.events:
            key = (event["event.action"], event.get("safe_trace.role"), event.get("rule.id"))
            bytes_of[key] += len(json.dumps(event))
        size = os.path.getsize(trace.path)
        report = "%d bytes, %d events; most: %s" % (size, len(trace.events),
                                                    bytes_of.most_common(8))
        print(report)
        self.assertLess(size, MOST_BYTES, report)
        scripts = [event for event in trace.events if event["event.action"] == "process-exec"
                   and event.get("package.name", "").startswith("st-part-")]
        self.assertGreaterEqual(len(scripts), PACKAGES // WITH_SCRIPT, "every script is in it")


if __name__ == "__main__":
    environment.main()
