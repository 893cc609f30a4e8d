"""The line that says how far a run has come: there where the command is silent, and never else."""

import fcntl
import os
import struct
import termios
import time
import unittest

import environment
from terminal import Terminal
from world import World

COLUMNS = 100
SILENCE = 5  # seconds, as ProgressLine::kSilence


def take_wide_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, COLUMNS, 0, 0))


class Screen:
    """As much of a terminal as these tests need: rows, and the sequences that safe-trace writes."""

    def __init__(self, data):
        self.rows = [[]]
        self.row = self.column = 0
        text = data.decode("utf-8", "replace")
        position = 0
        while position < len(text):
            position += self.take(text, position)

    def take(self, text, position):
        for sequence, action in (("\x1b[A", self.up), ("\x1b[2K", self.erase)):
            if text.startswith(sequence, position):
                action()
                return len(sequence)
        character = text[position]
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.down()
        else:
            if self.column == COLUMNS:
                self.column = 0
                self.down()
            row = self.rows[self.row]
            row.extend(" " * (self.column + 1 - len(row)))
            row[self.column] = character
            self.column += 1
        return 1

    def up(self):
        self.row = max(0, self.row - 1)

    def down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def erase(self):
        self.rows[self.row] = []

    def lines(self):
        return ["".join(row).rstrip() for row in self.rows]


class ProgressLine(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.terminal = None

    def start(self, script, options=(), profile=("--profile", "pip"), **env):
        env.setdefault("TERM", "xterm")
        self.terminal = Terminal(
            [environment.safe_trace(), *profile, *options, "run", "--", "sh", "-c", script],
            self.world.env(**env), self.world.project, preexec=take_wide_terminal)
        self.addCleanup(self.terminal.close)
        return self.terminal

    def finish(self):
        self.terminal.finish(40)
        return self.terminal.said, Screen(self.terminal.said).lines()

    def test_it_appears_in_silence_and_goes_before_safe_trace_speaks(self):
        self.start('echo before; sleep %d; cat "$HOME/.ssh/id_rsa" 2>/dev/null; echo after'
                   % (SILENCE + 4))
        said, lines = self.finish()
        self.assertGreaterEqual(said.count(b"code of 0 packages done"), 2, said)
        self.assertFalse([line for line in lines if "packages done" in line], lines)
        self.assertEqual("before", lines[0])
        self.assertIn("tried to read", lines[1], lines)
        self.assertIn("after", lines)

    def test_it_never_eats_what_the_command_writes(self):
        self.start("for i in 1 2; do printf 'half a line %%s' $i; sleep %d; echo ' done';"
                   " echo another; done" % (SILENCE + 3))
        said, lines = self.finish()
        self.assertIn(b"packages done", said)
        whole = "\n".join(lines)
        for part in ("half a line 1", " done", "another", "half a line 2"):
            self.assertIn(part, whole, lines)
        self.assertEqual(2, lines.count("another"), lines)
        for line in lines:
            if "packages done" in line:
                self.assertRegex(line, r"^safe-trace: \d+ s, code of 0 packages done$")

    def test_two_runs_on_terminals_of_their_own_do_not_silence_each_other(self):
        runs = [self.start("sleep %d" % (SILENCE + 7)) for _ in range(2)]
        for terminal in runs:
            terminal.finish(40)
            terminal.drain()
            self.assertGreaterEqual(terminal.said.count(b"packages done"), 3, terminal.said)

    def test_it_stays_away(self):
        loud = "for i in $(seq %d); do printf .; sleep 0.2; done" % (5 * (SILENCE + 2))
        quiet = "sleep %d" % (SILENCE + 2)
        cases = {
            "from a command that is not silent": ((loud,), {}),
            "from a terminal in raw mode": (("stty raw; %s; stty sane" % quiet,), {}),
            "where only violations are wanted": ((quiet, ("-q",)), {}),
            "where the user is asked": ((quiet, ("--ask",)), {}),
            "from what is no manager": ((quiet,), {"profile": ("--profile", "generic")}),
            "from a dumb terminal": ((quiet,), {"TERM": "dumb"}),
        }
        running = {}
        for name, (arguments, keywords) in cases.items():
            running[name] = self.start(*arguments, **keywords)
        # Reads a line from the terminal, as a prompt does.
        running["from a prompt"] = self.start("printf 'Proceed? '; exec cat >/dev/null")
        time.sleep(SILENCE + 2.5)
        running["from a prompt"].type(b"\x04")
        for name, terminal in running.items():
            with self.subTest(name):
                terminal.finish(40)
                self.assertNotIn(b"packages done", terminal.said)


if __name__ == "__main__":
    environment.main()
