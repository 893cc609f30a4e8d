"""What `safe-trace trace` does on a terminal: width, order, colours, pager."""

import fcntl
import os
import re
import shutil
import struct
import subprocess
import tempfile
import termios
import unittest

import environment
from made_trace import MadeTrace
from terminal import Terminal, take_terminal

ROWS, COLUMNS = 20, 72


class TraceTerminal(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="terminal-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.short, self.long = self.make("short.jsonl", 1), self.make("long.jsonl", 60)

    def make(self, name, count):
        path = os.path.join(self.folder, name)
        with MadeTrace(path) as trace:
            trace.by("process-exec", package=None, role="manager", process="100-1",
                     category="process", **{"process.args": ["pip", "install", "evil"]})
            trace.by("process-exec", category="process",
                     **{"process.parent.entity_id": "100-1", "process.args": ["python3", "s.py"]})
            for number in range(count):
                trace.refused("file-open", "credential.ssh", **{
                    "file.path": "/home/u/.ssh/%02d-%s" % (number, "long" * 30)})
        return path

    def start(self, *arguments, **variables):
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": self.folder, **variables}

        def prepare():
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            take_terminal()
        terminal = Terminal([environment.safe_trace(), "trace", *arguments], env, self.folder,
                            preexec=prepare)
        self.addCleanup(terminal.close)
        return terminal

    def on_terminal(self, *arguments, status=0, **variables):
        terminal = self.start(*arguments, **variables)
        self.assertEqual(status, terminal.finish(), terminal.said)
        terminal.drain()
        return terminal.said.decode().replace("\r\n", "\n")

    def test_what_fits_the_screen_is_printed_and_what_does_not_goes_to_the_pager(self):
        # A pipeline: it is the shell that runs PAGER.
        pager = "sed -e 's/^/P|/' | cat"
        long = self.on_terminal("show", "--all", self.long, PAGER=pager)
        self.assertTrue(all(line.startswith("P|") for line in long.splitlines()), long[:500])
        self.assertGreater(long.count("\n"), 60)
        listed = self.on_terminal("list", self.folder, PAGER=pager)
        self.assertIn("long", listed)
        self.assertNotIn("P|", listed)
        for variables in ({"PAGER": ""}, {"PAGER": "cat"}, {"PAGER": pager, "TERM": "dumb"}):
            self.assertNotIn("P|", self.on_terminal("show", self.long, **variables))

    def test_no_pager_without_a_terminal(self):
        env = {"PATH": os.environ["PATH"], "PAGER": "sed -e 's/^/P|/'", "TERM": "xterm"}
        done = subprocess.run([environment.safe_trace(), "trace", "show", "--all", self.long],
                              env=env, stdout=subprocess.PIPE, check=True, timeout=60)
        self.assertNotIn(b"P|", done.stdout)
        self.assertNotIn(b"\x1b", done.stdout)

    def test_status_is_that_of_the_verb_and_a_pager_that_quits_is_no_error(self):
        self.on_terminal("query", "path~=*", self.long, PAGER="cat >/dev/null")
        self.on_terminal("query", "package=absent", self.long, PAGER="cat >/dev/null", status=1)
        said = self.on_terminal("show", "--all", self.long, PAGER="head -n 1")
        self.assertEqual(1, said.count("\n"), said)
        said = self.on_terminal("show", self.long, PAGER="/nonexistent/pager", status=2)
        self.assertIn("could not be started", said)

    @unittest.skipUnless(shutil.which("less"), "less is not installed")
    def test_less_is_the_pager_where_none_is_named_and_q_ends_it(self):
        big = self.make("big.jsonl", 3_000)
        terminal = self.start("show", "--all", big)
        terminal.wait_for(b"Violations (3000)")
        terminal.wait_for(b":")
        terminal.type(b"q")
        self.assertEqual(0, terminal.finish())

    def test_the_reader_is_confined_while_the_pager_runs(self):
        marks = os.path.join(self.folder, "status")
        pager = ("for p in /proc/[0-9]*; do [ \"$(readlink $p/exe)\" = %s ] && "
                 "grep Seccomp: $p/status; done >%s; cat" % (
                     os.path.join(os.path.dirname(environment.safe_trace()), "safe-trace-trace"),
                     marks))
        self.make("big.jsonl", 3_000)
        self.on_terminal("show", "--all", os.path.join(self.folder, "big.jsonl"), PAGER=pager)
        with open(marks, encoding="utf-8") as file:
            modes = re.findall(r"Seccomp:\s*(\d)", file.read())
        self.assertIn("2", modes, "who reads the trace is confined")

    def test_violations_come_first_then_the_tree_and_no_line_is_wider_than_the_terminal(self):
        said = self.on_terminal("show", self.long, PAGER="")
        self.assertIn("\x1b[31m", said)
        plain = re.sub("\x1b\\[[0-9;]*m", "", said)
        self.assertLess(plain.index("\nViolations (60)"), plain.index("\nProcesses (2)"))
        tree = plain[plain.index("\nProcesses"):]
        self.assertIn("\n  manager (pip): pip install evil\n"
                      "    package evil@1.0 (pip): python3 s.py  60 violations\n", tree)
        for line in plain.splitlines():
            self.assertLessEqual(len(line), COLUMNS, line)
        self.assertIn("…", plain)
        narrow = re.sub("\x1b\\[[0-9;]*m", "",
                        self.on_terminal("show", self.long, PAGER="", COLUMNS="50"))
        self.assertLessEqual(max(map(len, narrow.splitlines())), 50)
        self.assertNotIn("\x1b", self.on_terminal("show", self.long, PAGER="", NO_COLOR="1"))
