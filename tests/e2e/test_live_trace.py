"""A trace while it is written: followed from another terminal, compressed, on standard output."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import environment
import processes
from trace_file import newest_trace, trace_paths
from world import World

# Goes on until the file "stop" appears; reads a secret for each "go" that appears.
WAIT = ('echo ready; while [ ! -e stop ]; do [ -e go ] && { cat "$HOME/.ssh/id_rsa"; rm -f go; };'
        " sleep 0.05; done")


class LiveTrace(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def start(self, *words, **keywords):
        process = subprocess.Popen([environment.safe_trace(), *words], env=self.world.env(),
                                   cwd=self.world.project, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keywords)
        processes._owned.add(process.pid)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)
        processes._owned.discard(process.pid)

    def start_run(self, *options):
        run = self.start(*options, "run", "--", "sh", "-c", WAIT)
        self.assertEqual(b"ready\n", run.stdout.readline())
        return run

    def touch(self, name):
        with open(os.path.join(self.world.project, name), "w", encoding="utf-8"):
            pass

    def supervise(self, *words):
        return subprocess.run([environment.safe_trace(), *words], env=self.world.env(),
                              cwd=self.world.project, timeout=60, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def read_until(self, stream, text, timeout=20):
        os.set_blocking(stream.fileno(), False)
        said = b""
        deadline = time.monotonic() + timeout
        while text not in said:
            self.assertLess(time.monotonic(), deadline, said)
            said += stream.read() or b""
            time.sleep(0.02)
        return said

    def follow_a_run(self, *options):
        run = self.start_run(*options)
        followers = [self.start("trace", *words) for words in (
            ("follow",), ("follow", "latest", "--json"), ("show", "--follow"))]
        for follower in followers:
            self.read_until(follower.stdout, b"run-start" if follower is followers[1] else b"run ")
        self.touch("go")
        for follower in followers:
            said = self.read_until(follower.stdout, b".ssh/id_rsa")
            self.assertIsNone(follower.poll(), "the run goes on")
            self.assertIsNone(run.poll())
        self.touch("stop")
        self.assertEqual(0, run.wait(20))
        for follower in followers:
            out, err = follower.communicate(timeout=20)
            self.assertEqual((0, b""), (follower.returncode, err))
            self.assertIn(b'"run-end"' if follower is followers[1] else b"Summary", out)

    def test_followers_see_a_violation_while_the_run_goes_on_and_end_with_it(self):
        self.follow_a_run()

    def test_a_compressed_trace_is_followed_as_well(self):
        self.follow_a_run("--compress")
        self.assertTrue(trace_paths(self.world.state, compressed=True))

    def test_following_a_killed_run_ends_and_says_so(self):
        run = self.start_run()
        follower = self.start("trace", "follow")
        self.read_until(follower.stdout, b"run ")
        run.send_signal(signal.SIGKILL)
        run.wait(20)
        _, err = follower.communicate(timeout=20)
        self.assertEqual(1, follower.returncode)
        self.assertIn(b"was killed", err)

    def test_ctrl_c_ends_following_and_nothing_else(self):
        run = self.start_run()
        follower = self.start("trace", "follow")
        self.read_until(follower.stdout, b"run ")
        follower.send_signal(signal.SIGINT)
        out, err = follower.communicate(timeout=20)
        self.assertEqual(130, follower.returncode)
        self.assertEqual(b"", err)
        self.assertTrue(not out or out.endswith(b"\n"), out)
        self.assertIsNone(run.poll())
        self.touch("stop")
        self.assertEqual(0, run.wait(20))

    def test_compressed_trace_has_the_same_answers_and_a_name_that_says_so(self):
        place = os.path.join(self.world.home, ".config", "safe-trace")
        os.makedirs(place)
        with open(os.path.join(place, "config.toml"), "w", encoding="utf-8") as file:
            file.write("[trace]\ncompress = true\n")
        self.assertEqual(0, self.supervise("run", "--", "cat", "/etc/hostname").returncode)
        path, = trace_paths(self.world.state, compressed=True)
        self.assertTrue(path.endswith(".jsonl.zst"))
        for verb in (("list",), ("show",), ("verify",), ("verify", path)):
            done = self.supervise("trace", *verb)
            self.assertEqual(0, done.returncode, done.stderr)
        zstd = shutil.which("zstd")
        if zstd:  # the standard program reads it too
            lines = subprocess.run([zstd, "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
            self.assertEqual("run-end", json.loads(lines.splitlines()[-1])["event.action"])
        done = self.supervise("--no-compress", "run", "--", "true")
        self.assertEqual(0, done.returncode)
        self.assertEqual(1, len(trace_paths(self.world.state)))

    def test_the_name_of_an_output_file_says_whether_it_is_compressed(self):
        name = os.path.join(self.world.outside, "own.jsonl.zst")
        self.assertEqual(0, self.supervise("-o", name, "run", "--", "true").returncode)
        with open(name, "rb") as file:
            self.assertEqual(b"\x28\xb5\x2f\xfd", file.read(4))
        done = self.supervise("--compress", "-o", "plain.jsonl", "run", "--", "touch", "ran")
        self.assertEqual(125, done.returncode)
        self.assertIn(b".zst", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.world.project, "ran")))

    def test_killed_compressed_run_can_be_read_up_to_its_last_violation(self):
        run = self.start_run("--compress")
        self.touch("go")
        while os.path.exists(os.path.join(self.world.project, "go")):
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.wait(20)
        path, = trace_paths(self.world.state, compressed=True)
        done = self.supervise("trace", "verify", path)
        self.assertEqual(1, done.returncode)
        self.assertIn(b"cut at the end", done.stdout)
        self.assertIn(b".ssh/id_rsa", self.supervise("trace", "show", path).stdout)

    def test_output_to_standard_output_is_the_trace_beside_the_commands_own_lines(self):
        done = self.supervise("-o", "-", "run", "--", "sh", "-c", "echo of the command >&2")
        self.assertEqual(0, done.returncode)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual("run-start", events[0]["event.action"])
        self.assertEqual("run-end", events[-1]["event.action"])
        self.assertNotIn(b"look at it", done.stderr)
        self.assertEqual([], trace_paths(self.world.state))
        path = os.path.join(self.world.outside, "caught.jsonl")
        with open(path, "wb") as file:
            file.write(done.stdout)
        self.assertEqual(0, self.supervise("trace", "verify", path).returncode)
        shared = self.supervise("-o", "-", "run", "--", "echo", "of the command")
        self.assertEqual(1, shared.stdout.splitlines().count(b"of the command"))

    def test_a_reader_that_goes_away_ends_the_run(self):
        run = self.start("-o", "-", "--log-level", "full", "run", "--", "sh", "-c",
                         "while :; do cat /etc/hostname >/dev/null; done")
        run.stdout.readline()
        run.stdout.close()
        self.assertEqual(125, run.wait(30))
        self.assertIn(b"standard output", run.stderr.read())
        run.stdout = None


if __name__ == "__main__":
    environment.main()
