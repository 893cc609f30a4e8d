"""--ask: who wants what is asked on the terminal, and the answer is what happens."""

import os
import re
import shlex
import time

import processes
from network_case import NetworkCase, PYTHON, go_client
from small_internet import ADDRESSES, REGISTRY, RESOLVER
from terminal import Terminal, take_terminal
from world import write_file

FETCH = ("import sys, urllib.request\n"
         "for url in sys.argv[1:]:\n"
         "    try:\n"
         "        print('got', url, urllib.request.urlopen(url, timeout=90).status, flush=True)\n"
         "    except OSError as error:\n"
         "        print('failed', url, error, flush=True)\n"
         "if READS: print('line', repr(input()), flush=True)\n").replace("READS", "False")
READING = FETCH.replace("if False", "if True")
PLAIN = "http://registry.test/hello.txt"
# One question, sent once, by a resolver of the program's own.
ASK_ONCE = """
import os, socket, struct, sys
name = "registry.test"
labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack(">HH", 1, 1)
server = (%r, 53)
def connected():
    s = socket.socket(2, 2); s.settimeout(60); s.connect(server)
    s.send(question)
    return s.recv(512)
def addressed():
    s = socket.socket(2, 2); s.settimeout(60)
    s.sendto(question, server)
    return s.recvfrom(512)[0]
def stream():
    s = socket.create_connection(server, 60)
    s.sendall(struct.pack(">H", len(question)) + question)
    return s.recv(512)[2:]
answer = globals()[sys.argv[1]]()
print("code", answer[3] & 15, "address", socket.inet_ntoa(answer[-4:]), flush=True)
""" % RESOLVER


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

    def command_of(self, terminal):
        with open("/proc/%d/task/%d/children" % ((terminal.process.pid,) * 2)) as file:
            return int(file.read().split()[0])

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

    def test_TheMachinesOwnNameIsNotAskedAbout(self):
        script = ("import socket\n"
                  "try:\n    socket.getaddrinfo(socket.gethostname(), 80)\n"
                  "except socket.gaierror as error:\n    print('unknown', error, flush=True)\n")
        world, terminal = self.start([PYTHON, "-c", script])
        self.assertNotIn(b"wants to", terminal.wait_for(b"unknown", 30))
        self.assertEqual(0, terminal.finish(30))
        self.assertEqual([], self.violations(world))

    def test_AlwaysIsWrittenIntoAConfigurationWithDottedKeys(self):
        world = self.new_world()
        path = os.path.join(world.home, ".config", "safe-trace", "config.toml")
        write_file(path, "network.offline = false  # mine\n")
        _, terminal = self.start([PYTHON, "-c", FETCH, PLAIN], world=world)
        self.answer(terminal, b"3", b"registry.test")
        terminal.wait_for(b"written to ", 30)
        terminal.wait_for(b"got", 30)
        self.assertEqual(0, terminal.finish(30))
        with open(path, encoding="utf-8") as file:
            self.assertEqual('network.allowed_hosts = ["registry.test"]\n'
                             "network.offline = false  # mine\n", file.read())

    def test_WithoutATerminalNobodyIsAskedAndTheFlagIsSaid(self):
        world = self.new_world()
        outcome = self.run_in(world, [PYTHON, "-c", FETCH, PLAIN], True, ("--ask",))
        self.assertIn(b"failed", outcome.stdout, outcome.describe())
        self.assertIn(b"there is no terminal, so nobody is asked", outcome.stderr)
        self.assertRegex(outcome.stderr, re.compile(rb"--allow-host registry\.test"))

    def test_AProgramWithItsOwnResolverIsAnsweredWhenThereIsAnAnswer(self):
        world, terminal = self.start([go_client(), PLAIN])
        self.answer(terminal, b"2", b"look up registry.test")
        self.assertEqual(0, terminal.finish(30), self.trace(world).describe())
        self.assertEqual(("--allow-host registry.test", "run"), self.answers(world)[0])

    def test_AQuestionThatIsSentOnceIsAnsweredOnceTheUserHas(self):
        for how in ("connected", "addressed", "stream"):
            with self.subTest(how):
                world, terminal = self.start([PYTHON, "-c", ASK_ONCE, how])
                self.answer(terminal, b"2", b"look up registry.test")
                terminal.wait_for(b"code 0 address " + REGISTRY.encode(), 20)
                self.assertEqual(0, terminal.finish(30))
                self.assertEqual([], self.violations(world))

    def test_AQuestionThatIsSentOnceIsRefusedOnceTheUserHas(self):
        for how in ("connected", "addressed", "stream"):
            with self.subTest(how):
                world, terminal = self.start([PYTHON, "-c", ASK_ONCE, how])
                self.answer(terminal, b"never", b"look up registry.test")
                terminal.wait_for(b"code 3 ", 20)
                terminal.finish(30)
                self.assertTrue(self.trace(world).find(contains=["registry.test"], refused=True))

    def test_TwoRunsOnOneTerminalAskOneAfterTheOther(self):
        world = self.new_world()
        prefix = self.supervised_prefix(("--ask",))
        runs = [shlex.join(prefix + [PYTHON, "-c", FETCH, "http://%s/hello.txt" % name])
                for name in ("registry.test", "lookalike.test")]
        terminal = Terminal(["/bin/sh", "-c", "%s & %s & wait" % tuple(runs)],
                            world.env(**self.client_env()), world.project, preexec=_own_terminal)
        self.addCleanup(terminal.close)
        first = terminal.wait_for(b"is a no)", 30)
        with self.assertRaises(AssertionError):
            terminal.wait_for(b"is a no)", 3)
        terminal.type(b"never\n")
        terminal.wait_for(b"failed", 30)
        other = b"lookalike.test" if b"registry.test" in first else b"registry.test"
        self.assertIn(b"look up " + other, terminal.wait_for(b"is a no)", 30))
        time.sleep(1.5)  # what is typed at once may be meant for the one before
        terminal.type(b"2\n")
        terminal.wait_for(b"got", 30)
        self.assertEqual(0, terminal.finish(30))

    def test_NothingSupervisedCanTakeTheTerminalsTurn(self):
        script = ("import fcntl, os, sys\n"
                  "path = sys.argv[1] % os.fstat(0).st_rdev\n"
                  "try:\n    fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX)\n"
                  "except OSError as error:\n    print('refused', path, flush=True)\n")
        world = self.new_world()
        directory = os.path.join(world.state, "safe-trace", "asking")
        _, terminal = self.start([PYTHON, "-c", script, directory + "/terminal-%d.lock"],
                                 world=world)
        terminal.wait_for(b"refused ", 30)
        path = terminal.wait_for(b"\n", 30).decode().strip()
        terminal.finish(30)
        # It is the one that safe-trace takes.
        self.assertEqual([os.path.basename(path)], os.listdir(directory))

    def test_NothingIsSaidAboutTheAnswerWhenTheCommandHasEnded(self):
        script = ("import os, socket, sys, threading\n"
                  "threading.Thread(target=socket.create_connection,"
                  " args=((sys.argv[1], 1007),), daemon=True).start()\n"
                  "input(); os._exit(0)\n")
        world, terminal = self.start([PYTHON, "-c", script, ADDRESSES["doors.test"][0]])
        terminal.wait_for(b"is a no)", 30)
        os.kill(self.command_of(terminal), 9)
        terminal.finish(30)
        said = terminal.said
        self.assertIn(b"safe-trace", said)
        self.assertNotIn(b"no answer", said)
        self.assertEqual(["none"], [answer for _, answer in self.answers(world)])

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
