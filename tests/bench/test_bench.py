"""Tests of tools/bench itself, with a stand-in for the supervisor (argument 1)."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
BENCH = HERE.parent.parent / "tools" / "bench"
sys.path.insert(0, str(HERE))

import measure  # noqa: E402
import packages  # noqa: E402

STAND_IN = ""


class BenchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="bench-test-")
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        self.work = self.directory / "work"
        self.work.mkdir()

    def bench(self, safe_trace, *arguments):
        return subprocess.run(
            [sys.executable, str(BENCH), "--safe-trace", safe_trace, "--directory",
             str(self.work), "--no-strace", *arguments],
            capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, check=False)

    def script(self, text):
        path = self.directory / "supervisor"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return str(path)

    def test_rows_are_measured_in_pairs_and_nothing_is_left(self):
        report = self.directory / "report.json"
        done = self.bench(STAND_IN, "--pairs", "1", "--rows", "start-up,fork-exec,growth",
                          "--json", str(report))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(list(self.work.iterdir()), [])
        found = json.loads(report.read_text())
        rows = {row["name"]: row for row in found["rows"]}
        self.assertEqual(set(rows), {"start-up", "fork-exec"})
        self.assertEqual(len(rows["start-up"]["bare"]), 5)
        self.assertEqual(len(rows["start-up"]["supervised"]), 5)
        self.assertEqual(rows["fork-exec"]["strace"], [])
        # The stand-in holds 32 MiB and the commands next to nothing: the peak is the stand-in's.
        self.assertGreater(rows["fork-exec"]["peak_kib"], 32 * 1024)
        self.assertLess(rows["fork-exec"]["peak_kib"], 48 * 1024)
        self.assertGreater(found["growth"]["before_kib"], 32 * 1024)
        self.assertLess(abs(found["growth"]["after_kib"] - found["growth"]["before_kib"]), 1024)

    def test_command_that_replaces_the_supervisor_has_no_memory_to_report(self):
        done = self.bench("env", "--pairs", "1", "--rows", "fork-exec,growth")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("not measured", done.stdout)
        self.assertNotIn("MiB", done.stdout)

    def test_traces_are_read_by_the_tool_beside_the_supervisor(self):
        alone = self.bench(self.script("exit 0\n"), "--pairs", "1", "--rows", "traces",
                           "--trace-events", "500")
        self.assertEqual(alone.returncode, 0, alone.stdout + alone.stderr)
        self.assertIn("no safe-trace-trace beside", alone.stdout)
        beside = self.directory / "bin"
        beside.mkdir()
        for name, text in (("safe-trace", ""), ("trace_log_bench", "exit 7\n"), (
                "safe-trace-trace", 'for word; do last=$word; done\nwc -l <"$last"\nsleep 0.1\n')):
            (beside / name).write_text("#!/bin/sh\n" + text)
            (beside / name).chmod(0o755)
        done = self.bench(str(beside / "safe-trace"), "--pairs", "1", "--rows", "traces",
                          "--trace-events", "500")
        self.assertIn("a trace of 500 events", done.stdout)
        self.assertIn("query kind=alert", done.stdout)
        self.assertIn("trace_log_bench", done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(list(self.work.iterdir()), [])

    def test_failing_supervisor_fails_the_benchmark(self):
        done = self.bench(self.script("echo no luck >&2\nexit 3\n"), "--pairs", "1", "--rows",
                          "start-up")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: status 3", done.stdout)
        self.assertIn("no luck", done.stdout)
        self.assertEqual(list(self.work.iterdir()), [])

    def test_hanging_supervisor_is_ended(self):
        done = self.bench(self.script("sleep 90\n"), "--pairs", "1", "--rows", "start-up,growth",
                          "--run-limit", "0.3")
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: ended after", done.stdout)

    def test_wrong_arguments_say_what_to_do(self):
        unknown = self.bench(STAND_IN, "--rows", "start-up,nonsense")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("no row nonsense", unknown.stderr)
        missing = self.bench(str(self.directory / "nothing"), "--rows", "start-up")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("build it first", missing.stderr)


class PackagesTest(unittest.TestCase):
    def test_wheels_are_the_same_each_time_and_of_the_promised_size(self):
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            top, total = packages.make_wheels(pathlib.Path(first))
            packages.make_wheels(pathlib.Path(second))
            names = sorted(os.listdir(first))
            self.assertEqual(names, sorted(os.listdir(second)))
            self.assertEqual(len(names), 25)
            self.assertEqual(top, "bench-package-00")
            self.assertTrue(4000 < total < 9000, total)
            for name in names:
                data = (pathlib.Path(first) / name).read_bytes()
                self.assertEqual(data, (pathlib.Path(second) / name).read_bytes())
            with zipfile.ZipFile(pathlib.Path(first) / names[0]) as archive:
                self.assertTrue(300 <= len(archive.namelist()) <= 610)
                metadata = archive.read("bench_package_00-1.0.dist-info/METADATA").decode()
            self.assertEqual(metadata.count("Requires-Dist: "), 24)

    def test_index_serves_what_it_lists_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as directory:
            packages.make_source_package(pathlib.Path(directory))
            index = packages.Index(pathlib.Path(directory))
            self.addCleanup(index.close)
            page, _ = index.answer("/simple/bench-extension/")
            link, digest = re.search(rb'href="([^#]+)#sha256=([0-9a-f]+)"', page).groups()
            body, _ = index.answer(link.decode())
            self.assertEqual(hashlib.sha256(body).hexdigest(), digest.decode())
            self.assertEqual(index.answer("/simple/other/")[0], None)
            self.assertEqual(index.answer("/files/../test_bench.py")[0], None)


class MeasureTest(unittest.TestCase):
    def test_cpu_time_includes_descendants(self):
        with tempfile.TemporaryDirectory() as directory:
            base = pathlib.Path(directory)
            burn = (f"{sys.executable} -S -c 'import time\n"
                    "while time.process_time() < 0.3: pass'; exit 0")
            sample = measure.run(["/bin/sh", "-c", burn], base, {}, base / "log", 60)
            self.assertGreater(sample.cpu, 0.28)
            idle = measure.run(["/bin/sleep", "0.5"], base, {}, base / "log", 60)
            self.assertGreaterEqual(idle.wall, 0.5)
            self.assertLess(idle.cpu, 0.28)


if __name__ == "__main__":
    STAND_IN = sys.argv.pop(1)
    unittest.main()
