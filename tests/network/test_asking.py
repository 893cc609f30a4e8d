"""--ask: who wants what is asked on the terminal, and the answer is what happens."""

import os
import re

import environment
import processes
from network_case import NetworkCase, PYTHON
from small_internet import ADDRESSES
from terminal import Terminal, take_terminal

FETCH = ("import sys, urllib.request\n"
         "for url in sys.argv[1:]:\n"
         "    try:\n"
         "        print('got', url, urllib.request.urlopen(url, timeout=90).status, flush=True)\n"
         "    except OSError as error:\n"
         "        print('failed', url, error, flush=True)\n"
         "if READS: print('line', repr(input()), flush=True)\n").replace("READS", "False")
READING = FETCH.replace("if False", "if True")
PLAIN = "http://registry.test/hello.txt"


def _own_terminal():
    take_terminal()
    processes.drop_ambient_capabilities()


class Asking(NetworkCase):
    def setUp(self):
        super().setUp()
        self.net.put("hello.txt", b"hello\n")

    def start(self, argv, options=("--ask",), world=None):
        world = world or self.new_world()
        terminal = Terminal(self.supervised_prefix(options) + argv, world.env(**self.client_env()),
                            world.project, preexec=_own_terminal)
        self.addCleanup(terminal.close)
        return world, terminal

    def answer(self, terminal, text, wants):
        asked = terminal.wait_for(b"is a no)", 30)
        self.assertIn(wants, asked)
        terminal.type(text + b"\n")

    def answers(self, world):
        return [(event["safe_trace.flag"], event["safe_trace.answer"])
                for event in self.trace(world).events
                if event.get("event.action") == "user-answer"]

    def test_AYesForTheRunIsOneForAllThatFollows(self):
        world, terminal = self.start([PYTHON, "-c", FETCH, PLAIN, PLAIN])
        self.answer(terminal, b"2", b"wants to look up registry.test")
        terminal.wait_for(b"got " + PLAIN.encode() + b" 200", 30)
        terminal.wait_for(b"got " + PLAIN.encode() + b" 200", 30)
        self.assertEqual(0, terminal.finish(30))
        self.assertEqual([("--allow-host registry.test", "run")], self.answers(world))
        self.assertEqual([], self.violations(world))

    def test_ANoIsARefusalAndIsNotAskedAgain(self):
        world, terminal = self.start([PYTHON, "-c", FETCH, PLAIN, PLAIN])
        self.answer(terminal, b"never", b"--allow-host registry.test")
        terminal.wait_for(b"failed", 30)
        said = terminal.wait_for(b"failed", 30)
        self.assertNotIn(b"wants to", said)
        terminal.finish(30)
        refused = self.trace(world).find(contains=["registry.test"], refused=True)
        self.assertTrue(refused, self.trace(world).describe())

    def test_NoAnswerIsANo(self):
        world, terminal = self.start([PYTHON, "-c", FETCH, PLAIN],
                                     options=("--ask", "--ask-timeout", "1"))
        terminal.wait_for(b"no answer: refused", 30)
        terminal.wait_for(b"failed", 30)
        terminal.finish(30)
        self.assertEqual([("--allow-host registry.test", "none")], self.answers(world))

    def test_WhatIsTypedIsAskedForAgainUntilItIsAnAnswer(self):
        world, terminal = self.start([PYTHON, "-c", FETCH, PLAIN])
        self.answer(terminal, b"yes", b"registry.test")
        terminal.wait_for(b"1, 2, 3 or 4:", 30)
        terminal.type(b"Once\n")
        terminal.wait_for(b"got", 30)
        self.assertEqual(0, terminal.finish(30))
        self.assertEqual([("--allow-host registry.test", "once")], self.answers(world))

    def test_AlwaysIsWrittenToTheUsersConfigurationAndCountsNextTime(self):
        world, terminal = self.start([PYTHON, "-c", FETCH, PLAIN])
        self.answer(terminal, b"3", b"registry.test")
        terminal.wait_for(b"written to ", 30)
        terminal.wait_for(b"got", 30)
        self.assertEqual(0, terminal.finish(30))
        files = [os.path.join(top, name) for top, _, names in os.walk(world.root)
                 for name in names if name == "config.toml"]
        self.assertEqual(1, len(files), files)
        with open(files[0], encoding="utf-8") as file:
            self.assertIn('allowed_hosts = ["registry.test"]', file.read())
        _, again = self.start([PYTHON, "-c", FETCH, PLAIN], options=(), world=world)
        again.wait_for(b"got", 30)
        self.assertEqual(0, again.finish(30))

    def test_AnAddressIsAskedAboutWithItsPort(self):
        script = ("import socket, sys\n"
                  "s = socket.create_connection((sys.argv[1], 1007), 60)\n"
                  "s.sendall(b'hello\\n'); print('answer', s.recv(20), flush=True)\n")
        _, terminal = self.start([PYTHON, "-c", script, ADDRESSES["doors.test"][0]])
        self.answer(terminal, b"1", b":1007")
        terminal.wait_for(b"answer", 30)
        self.assertEqual(0, terminal.finish(30))

    def test_ThePromptIsNotTheCommandsInput(self):
        _, terminal = self.start([PYTHON, "-c", READING, PLAIN])
        self.answer(terminal, b"2", b"registry.test")
        terminal.wait_for(b"got", 30)
        terminal.type(b"for the command\n")
        terminal.wait_for(b"line 'for the command'", 30)
        self.assertEqual(0, terminal.finish(30))

    def test_WithoutATerminalNobodyIsAskedAndTheFlagIsSaid(self):
        world = self.new_world()
        outcome = self.run_in(world, [PYTHON, "-c", FETCH, PLAIN], True, ("--ask",))
        self.assertIn(b"failed", outcome.stdout, outcome.describe())
        self.assertIn(b"there is no terminal, so nobody is asked", outcome.stderr)
        self.assertRegex(outcome.stderr, re.compile(rb"--allow-host registry\.test"))

    def test_AProgramWithItsOwnResolverAsksAgainUntilThereIsAnAnswer(self):
        try:
            client = environment.program("network.go_client")
        except RuntimeError:
            self.skipTest("Go was not found when the tests were configured")
        world, terminal = self.start([client, PLAIN])
        self.answer(terminal, b"2", b"look up registry.test")
        self.assertEqual(0, terminal.finish(30), self.trace(world).describe())
        self.assertEqual([("--allow-host registry.test", "run")], self.answers(world))

    def test_WhatAProxyIsToReachIsAskedAbout(self):
        world, terminal = self.start(
            ["curl", "-sS", "--proxy", "http://proxy.test:3128", "--noproxy", "", PLAIN],
            options=("--ask", "--allow-host", "proxy.test"))
        self.answer(terminal, b"2", b"reach registry.test:80 through")
        terminal.wait_for(b"hello\r\n", 30)
        self.assertEqual(0, terminal.finish(30), self.trace(world).describe())
        self.assertEqual([("--allow-host registry.test:80", "run")], self.answers(world))

    def test_AWaitingCallIsInterruptedByASignal(self):
        script = ("import signal, socket, sys\n"
                  "def ring(*_): raise TimeoutError('rung')\n"
                  "signal.signal(signal.SIGALRM, ring); signal.alarm(1)\n"
                  "try:\n    socket.create_connection((sys.argv[1], 1007))\n"
                  "except TimeoutError as error:\n    print('signal', error, flush=True)\n")
        _, terminal = self.start([PYTHON, "-c", script, ADDRESSES["doors.test"][0]])
        terminal.wait_for(b"is a no)", 30)
        terminal.wait_for(b"signal rung", 30)
        self.assertEqual(0, terminal.finish(30))

    def test_ControlCAtThePromptEndsTheCommand(self):
        _, terminal = self.start([PYTHON, "-c", FETCH, PLAIN])
        terminal.wait_for(b"is a no)", 30)
        terminal.type(b"\x03")
        self.assertEqual(130, terminal.finish(30))

    def test_MetadataServicesAreNotAskedAbout(self):
        script = ("import socket\n"
                  "try:\n    socket.create_connection(('169.254.169.254', 80), 5)\n"
                  "except OSError as error:\n    print('refused', error, flush=True)\n")
        world, terminal = self.start([PYTHON, "-c", script])
        said = terminal.wait_for(b"refused", 30)
        self.assertNotIn(b"wants to", said)
        terminal.finish(30)
        self.assertEqual([], self.answers(world))
