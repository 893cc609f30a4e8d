"""Traces of every schema version stay readable, and print what they printed."""

import glob
import os
import re
import subprocess
import tempfile
import unittest

import environment
from made_trace import MadeTrace
from trace_file import Trace

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(os.path.dirname(HERE), "golden")
SOURCE = os.path.join(HERE, "..", "..", "tracer", "events", "json_line.h")

# File: command. TRACE is the trace, and DIR the folder that holds it.
COMMANDS = {
    "list.txt": ["list", "DIR"],
    "list.json": ["list", "--json", "DIR"],
    "show.txt": ["show", "TRACE"],
    "show-all.txt": ["show", "--all", "TRACE"],
    "show.jsonl": ["show", "--json", "TRACE"],
    "verify.txt": ["verify", "TRACE"],
    "query.txt": ["query", "TRACE", "kind=alert"],
    "query-count.txt": ["query", "TRACE", "--count", "package"],
    "export.sarif": ["export", "--format", "sarif", "TRACE"],
    "export.ocsf.jsonl": ["export", "--format", "ocsf", "TRACE"],
    "export.falco.jsonl": ["export", "--format", "falco", "TRACE"],
    "export.chrome.json": ["export", "--format", "chrome-trace", "TRACE"],
    "export.csv": ["export", "--format", "csv", "TRACE"],
}


def newest_version():
    with open(SOURCE, encoding="utf-8") as file:
        return int(re.search(r"kTraceSchemaVersion = (\d+);", file.read()).group(1))


def versions():
    return sorted(int(os.path.basename(path)[1:]) for path in glob.glob(GOLDEN + "/v[0-9]*"))


class GoldenTraces(unittest.TestCase):
    maxDiff = 4000

    def tool(self, arguments, cwd=GOLDEN):
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        done = subprocess.run([environment.safe_trace(), "trace", *arguments], cwd=cwd, env=env,
                              timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout, done.stderr.decode()

    def version_of_program(self):
        done = subprocess.run([environment.safe_trace(), "--version"], check=True, timeout=60,
                              stdout=subprocess.PIPE)
        return done.stdout.decode().split()[-1]

    def test_every_schema_version_has_a_golden_trace(self):
        self.assertEqual(list(range(1, newest_version() + 1)), versions())
        for version in versions():
            trace, = glob.glob("%s/v%d/traces/*.jsonl" % (GOLDEN, version))
            with open(trace, encoding="utf-8") as file:
                self.assertIn('"safe_trace.schema_version":%d,' % version, file.readline())
        Trace(trace)  # the newest is as docs/trace-schema.json says

    def test_each_verb_prints_what_it_printed(self):
        released = '"%s"' % self.version_of_program()
        for version in versions():
            trace, = glob.glob("v%d/traces/*.jsonl" % version, root_dir=GOLDEN)
            for name, command in COMMANDS.items():
                words = {"TRACE": trace, "DIR": os.path.dirname(trace)}
                status, out, err = self.tool([words.get(word, word) for word in command])
                self.assertEqual(0, status, (command, err))
                out = out.replace(released.encode(), b'"VERSION"')
                out = out.replace(("safe-trace " + released.strip('"')).encode(),
                                  b"safe-trace VERSION")
                expected = os.path.join(GOLDEN, "v%d" % version, name)
                if os.environ.get("SAFE_TRACE_WRITE_GOLDEN"):
                    with open(expected, "wb") as file:
                        file.write(out)
                with open(expected, "rb") as file:
                    self.assertEqual(file.read().decode(), out.decode(), (version, name))

    def test_newer_trace_is_refused_by_every_verb_with_what_to_do(self):
        with tempfile.TemporaryDirectory(prefix="golden-test-") as folder:
            new = os.path.join(folder, "20261122T101500Z-00c0ffee.jsonl")
            with MadeTrace(new, version=newest_version() + 1) as trace:
                trace.by("file-open", **{"file.path": "/x"})
            page = os.path.join(folder, "page.html")
            for command in (["show", new], ["show", "--json", new], ["show", "--all", new],
                            ["verify", new], ["query", new, "kind=event"], ["diff", new, new],
                            ["report", "--html", page, new],
                            *(["export", "--format", form, new] for form in (
                                "sarif", "ocsf", "falco", "chrome-trace", "csv"))):
                status, out, err = self.tool(command, cwd=folder)
                self.assertEqual((2, b""), (status, out), (command, err))
                self.assertIn("written by a newer safe-trace (schema version 2", err)
                self.assertIn("use that one", err)
            status, out, _ = self.tool(["list", folder])
            self.assertEqual(0, status)
            self.assertIn(b"too new", out)
