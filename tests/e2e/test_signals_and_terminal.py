"""Signals are forwarded; the terminal belongs to the command."""

import os
import shlex
import signal
import time

import processes
from terminal import Terminal
from transparent import TransparencyCase

TRAPPING = ("trap 'echo got %s; exit 5' %s; echo ready; i=0; "
            "while [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done")


class Signals(TransparencyCase):
    def signalled(self, number, name, supervised):
        world = self.new_world()
        prefix = self.supervised_prefix() if supervised else []
        started = processes.Started(prefix + ["/bin/sh", "-c", TRAPPING % (name, name)],
                                    world.env(), world.project)
        deadline = time.monotonic() + 20
        while b"ready" not in started.output()[0] and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(started.pid, number)
        return started.finish(20)

    def test_SignalsReachTheCommand(self):
        for number, name in ((signal.SIGTERM, "TERM"), (signal.SIGINT, "INT"),
                             (signal.SIGHUP, "HUP"), (signal.SIGUSR1, "USR1"),
                             (signal.SIGQUIT, "QUIT"), (signal.SIGUSR2, "USR2")):
            for supervised in (False, True):
                with self.subTest(signal=name, supervised=supervised):
                    outcome = self.signalled(number, name, supervised)
                    self.assertEqual(5, outcome.status, outcome.describe())
                    self.assertIn(b"got %s" % name.encode(), outcome.stdout)

    def test_DispositionsAndMasksAreTheDefault(self):
        self.same(["/bin/sh", "-c", "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status"])


class OnATerminal(TransparencyCase):
    def terminal(self, script, supervised, shell="/bin/sh", arguments=("-c",)):
        world = self.new_world()
        prefix = self.supervised_prefix() if supervised else []
        terminal = Terminal(prefix + [shell, *arguments] + ([script] if script else []),
                            world.env(PS1="prompt> "), world.project)
        self.addCleanup(terminal.close)
        return terminal

    def both(self):
        from environment import safe_trace
        return (False, True) if safe_trace() else (False,)

    def test_ControlCReachesTheCommandOnce(self):
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                terminal = self.terminal(
                    "trap 'echo one-interrupt' INT; echo ready; i=0; while [ $i -lt 20 ]; do "
                    "sleep 0.1; i=$((i+1)); done; echo finished; exit 4", supervised)
                terminal.wait_for(b"ready")
                time.sleep(0.2)
                terminal.type(b"\x03")
                terminal.wait_for(b"one-interrupt")
                said = terminal.wait_for(b"finished")
                self.assertNotIn(b"one-interrupt", said, "it came twice")
                self.assertEqual(4, terminal.finish())

    def test_AHangupEndsTheCommand(self):
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                terminal = self.terminal("echo ready; exec sleep 30", supervised)
                terminal.wait_for(b"ready")
                time.sleep(0.3)
                terminal.hang_up()
                self.assertNotEqual(0, terminal.process.wait(15))

    def test_ControlCEndsACommandThatDoesNotCatchIt(self):
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                terminal = self.terminal("echo ready; exec sleep 30", supervised)
                terminal.wait_for(b"ready")
                time.sleep(0.3)
                terminal.type(b"\x03")
                status = terminal.finish()
                self.assertIn(status, (-signal.SIGINT, 128 + signal.SIGINT))

    def test_TerminalIsTheCommands(self):
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                terminal = self.terminal("tty >/dev/null && test -t 0 -a -t 1 -a -t 2 && "
                                         "stty size >/dev/null && echo to-tty > /dev/tty && "
                                         "read line < /dev/tty && echo \"read $line\"", supervised)
                terminal.wait_for(b"to-tty")
                terminal.type(b"typed\n")
                terminal.wait_for(b"read typed")
                self.assertEqual(0, terminal.finish())

    def test_TerminalOpensByItsName(self):
        """Its own one, and those that programs under it make."""
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                terminal = self.terminal("echo by-name > \"$(tty)\" && "
                                         "script -qec 'test -t 0 && echo by-\"\"script; exit 3' "
                                         "/dev/null; echo status=$?", supervised)
                terminal.wait_for(b"by-name")
                terminal.wait_for(b"by-script")
                terminal.wait_for(b"status=3")
                self.assertEqual(0, terminal.finish())

    def under_a_shell(self, words, then):
        """A command under safe-trace, and what the user's shell does after it."""
        world = self.new_world()
        script = shlex.join(self.supervised_prefix(["-q"]) + words) + "; " + then
        terminal = Terminal(["/bin/sh", "-c", script], world.env(), world.project)
        self.addCleanup(terminal.close)
        return terminal

    def test_ModesOfTheTerminalComeBack(self):
        """Nothing that ran may leave the user typing blindly."""
        if len(self.both()) == 1:
            self.skipTest("only for safe-trace itself")
        modes = "stty -a | grep -qw -- -echo && echo bli''nd || echo see''ing"
        for words in (["sh", "-c", "stty -echo raw; echo ra''n"],
                      ["sh", "-c", "stty -echo; echo ra''n; kill -9 $$"]):
            with self.subTest(words=words):
                terminal = self.under_a_shell(words, modes)
                terminal.wait_for(b"ran")
                terminal.wait_for(b"seeing")
                self.assertEqual(0, terminal.finish())

    def test_ForegroundComesBackFromAGroupThatIsGone(self):
        if len(self.both()) == 1:
            self.skipTest("only for safe-trace itself")
        taking = ("import os, signal\n"
                  "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
                  "child = os.fork()\n"
                  "if child == 0:\n    signal.pause()\n"
                  "os.setpgid(child, child)\n"
                  "os.tcsetpgrp(0, child)\n"
                  "os.kill(child, 9)\n"
                  "os.waitpid(child, 0)\n"
                  "print('ta' + 'ken')\n")
        terminal = self.under_a_shell(["python3", "-c", taking],
                                      "echo rea''dy; read line && echo \"got $line\"")
        terminal.wait_for(b"taken")
        terminal.wait_for(b"ready")
        terminal.type(b"typed\n")
        terminal.wait_for(b"got typed")
        self.assertEqual(0, terminal.finish())

    def test_JobControlStopsAndContinues(self):
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                terminal = self.terminal("", supervised, "/bin/bash",
                                         ("--norc", "--noprofile", "-i"))
                terminal.wait_for(b"prompt> ")
                terminal.type(b"sleep 30\n")
                time.sleep(0.7)
                terminal.type(b"\x1a")
                terminal.wait_for(b"Stopped")
                terminal.type(b"jobs; echo jo''bs-done\n")
                terminal.wait_for(b"jobs-done")
                terminal.type(b"fg\n")
                time.sleep(0.5)
                terminal.type(b"\x03")
                terminal.type(b"echo back''-again\n")
                terminal.wait_for(b"back-again")
                terminal.type(b"exit 6\n")
                self.assertEqual(6, terminal.finish())

    def test_SafeTraceItselfCanBeStoppedAndContinued(self):
        """The user's shell stops the whole job and brings it back."""
        for supervised in self.both():
            with self.subTest(supervised=supervised):
                world = self.new_world()
                prefix = " ".join(self.supervised_prefix(["-q"])) + " " if supervised else ""
                terminal = Terminal(["/bin/bash", "--norc", "--noprofile", "-i"],
                                    world.env(PS1="prompt> "), world.project)
                self.addCleanup(terminal.close)
                terminal.wait_for(b"prompt> ")
                terminal.type(prefix.encode() + b"sh -c 'echo be''gun; sleep 3; echo com''pleted'\n")
                terminal.wait_for(b"begun")
                time.sleep(0.3)
                terminal.type(b"\x1a")
                terminal.wait_for(b"Stopped")
                terminal.type(b"echo in-''between; fg\n")
                terminal.wait_for(b"in-between")
                terminal.wait_for(b"completed", 30)
                terminal.type(b"exit 0\n")
                self.assertEqual(0, terminal.finish())
