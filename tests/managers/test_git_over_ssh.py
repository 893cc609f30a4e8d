"""Dependencies that git fetches over ssh: the host must be allowed, the agent and the known hosts
serve git's own ssh alone, and what the fetched package tries with them gets nothing."""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
import packages  # noqa: E402
from archives import git_repository  # noqa: E402
from cargo_case import CargoCase  # noqa: E402
from cargo_registry import cargo_toml  # noqa: E402
from go_case import GoCase  # noqa: E402
from go_proxy import go_mod  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from python_case import PythonCase, UvCase  # noqa: E402
from ssh_server import SshAgent, SshServer  # noqa: E402
from venvs import light_venv  # noqa: E402
from world import read_text, write_file  # noqa: E402

# To the agent: an extension that it does not know. ssh itself never sends it.
KNOCK = "st-hostile"

# The account's own ssh as git calls it, and the agent by its socket; it swallows every error.
HOSTILE = r'''
import os, socket, subprocess
root = os.path.dirname(os.environ["HOME"])
try:
    subprocess.call(["ssh", "-F", root + "/outside/ssh_config", "-p", "%(port)d",
                     "someone@127.0.0.1", "touch %(touched)s"], timeout=20)
except Exception as error:
    print("nothing: %%r" %% error)
try:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.settimeout(5)
        agent.connect(root + "/run/agent.sock")
        agent.sendall(b"\0\0\0\x0f\x1b\0\0\0\x0a%(knock)s")
        agent.recv(100)
except Exception as error:
    print("nothing: %%r" %% error)
try:
    socket.create_connection(("127.0.0.1", %(port)d), 5).close()
except Exception as error:
    print("nothing: %%r" %% error)
'''


class HeardAgent:
    """The agent behind a socket of the test's own, which remembers what was asked."""

    def __init__(self, world, key):
        self.agent = SshAgent(world, key)
        self.path = self.agent.path
        behind = self.path + ".behind"
        os.rename(self.path, behind)
        self.heard = b""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        threading.Thread(target=self._accept, args=(behind,), daemon=True).start()
        world.on_close(self.close)

    def _accept(self, behind):
        while True:
            try:
                asker, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(asker, behind), daemon=True).start()

    def _serve(self, asker, behind):
        with asker, socket.socket(socket.AF_UNIX) as answerer:
            answerer.connect(behind)
            back = threading.Thread(target=self._pass_on, args=(answerer, asker), daemon=True)
            back.start()
            self._pass_on(asker, answerer)
            back.join(20)

    def _pass_on(self, source, target):
        try:
            while data := source.recv(65536):
                self.heard += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.agent.close()


class OverSsh:
    """Before a manager's case. `self.repository` is served; the worlds' users know the server,
    have an agent with the key, and tell git in their .gitconfig which file ssh reads."""

    def setUp(self):
        self.ssh = SshServer()
        self.addCleanup(self.ssh.close)
        super().setUp()

    def fill_registry(self, registry):
        self.touched = os.path.join(self.ssh.world.home, "touched")
        self.repository, self.commit = git_repository(
            self.folder, "st-git", self.members(), self.index.env())

    def members(self):
        """What is in the repository."""
        raise NotImplementedError

    def hostile(self):
        return HOSTILE % {"port": self.ssh.port, "touched": self.touched, "knock": KNOCK}

    def configure(self, world):
        super().configure(world)
        known = os.path.join(world.home, ".ssh", "known_hosts")
        write_file(known, self.ssh.known_host(), 0o600)
        config = os.path.join(world.outside, "ssh_config")
        write_file(config, "UserKnownHostsFile %s\nGlobalKnownHostsFile none\nIdentityFile none\n"
                   "BatchMode yes\nConnectTimeout 20\n" % known)
        gitconfig = os.path.join(world.home, ".gitconfig")
        write_file(gitconfig, read_text(gitconfig) + "[core]\n\tsshCommand = ssh -F %s\n" % config)
        self.agent = HeardAgent(world, self.ssh.user_key)

    def variables(self, world):
        return dict(super().variables(world), **self.agent.agent.variables)

    def forget(self):
        if os.path.exists(self.touched):
            os.unlink(self.touched)

    def bare(self, argv, prepare):
        return self.manage(argv, prepare=prepare)

    def fetched(self, argv, prepare=None, options=(), installed=None, violated=True):
        """Bare it works and the package's own ssh as well; supervised only git's does."""
        self.forget()
        world, outcome = self.bare(argv, prepare)
        if installed:
            installed(world)
        said = outcome.describe() + self.ssh.log
        if violated:
            self.assertTrue(os.path.exists(self.touched), "bare, its ssh does not work\n" + said)
            self.assertIn(KNOCK.encode(), self.agent.heard, said)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        self.forget()
        world, outcome = self.manage(argv, True, prepare, options=options,
                                     status=120 if violated else 0)
        if installed:
            installed(world)
        trace = self.trace(world)
        said = outcome.describe() + trace.describe()
        self.assertFalse(os.path.exists(self.touched), said)
        self.assertTrue(self.agent.heard, "git's own ssh asked the agent\n" + said)
        self.assertNotIn(KNOCK.encode(), self.agent.heard, said)
        alerts = trace.find(event__kind="alert")
        if not violated:
            self.assertEqual([], alerts, said)
            return world, trace
        for event in alerts:
            self.assertEqual(("package", "st-git"), (
                event.get("safe_trace.role"), event.get("package.name")), event)
        self.assertTrue(trace.find(["/ssh"], refused=True, event__action="process-exec"), said)
        self.assertTrue(trace.find(refused=True, destination__port=self.ssh.port), said)
        self.assertTrue(trace.find(["agent.sock"], refused=True), said)
        return world, trace

    def is_refused(self, argv, prepare=None):
        """Without the host nothing is fetched, and it is said what would allow it."""
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set")
        before = self.ssh.connections
        world, outcome = self.manage(argv, True, prepare, status=None)
        self.assertNotIn(outcome.status, (0, 120, 125), outcome.describe())
        self.assertEqual(before, self.ssh.connections, outcome.describe())
        self.assertIn(b"--allow-host 127.0.0.1:%d" % self.ssh.port, outcome.stderr,
                      outcome.describe())
        return world

    def allowed(self):
        return ("--allow-host", "127.0.0.1:%d" % self.ssh.port)


class Pip(OverSsh, PythonCase):
    def available(self):
        pass

    def path(self, world):
        return [os.path.join(world.root, "venv", "bin")]

    def configure(self, world):
        super().configure(world)
        self.pip = light_venv(os.path.join(world.root, "venv"))

    def members(self):
        first = "import sys\nif 'bdist_wheel' in sys.argv:\n    exec(%r, {})" % self.hostile()
        return {"setup.py": packages.setup_py("st-git", "3.0", first), "st_git.py": "value = 3\n",
                "setup.cfg": "[metadata]\nname = st-git\nversion = 3.0\n",
                "pyproject.toml": packages.SETUPTOOLS_BACKEND}

    def words(self, *what):
        return lambda world: [self.pip, "install", "--no-build-isolation", *what]

    def installed(self, world):
        self.assertEqual("3", self.use(world, [os.path.join(world.root, "venv/bin/python"), "-c",
                                               "import st_git; print(st_git.value)"]))

    def test_TheUsersOwnUrlIsCloned(self):
        self.fetched(self.words(self.ssh.url(self.repository)), installed=self.installed)

    def depends(self, world):
        packages.make_wheel(world.project, "st-asks", "1.0", {"st_asks.py": ""},
                            ["st-git @ " + self.ssh.url(self.repository)])

    def test_WhatAPackageAsksForNeedsItsHostAllowed(self):
        wheel = "st_asks-1.0-py3-none-any.whl"
        self.is_refused(self.words(wheel), self.depends)
        self.fetched(self.words(wheel), self.depends, self.allowed(), self.installed)


class Uv(OverSsh, UvCase):
    members = Pip.members

    def test_TheUsersOwnUrlIsCloned(self):
        def prepare(world):
            self.use(world, [self.uv, "venv", "-q"])

        self.fetched([self.uv, "pip", "install", "st-git @ " + self.ssh.url(self.repository)],
                     prepare)


class Npm(OverSsh, NpmCase):
    with_headers = False

    def members(self):
        fields = '"scripts": {"postinstall": "python3 hostile.py"}'
        return {"package.json": '{"name": "st-git", "version": "3.0.0", %s}' % fields,
                "hostile.py": self.hostile(), "index.js": "module.exports = 3\n"}

    def prepare(self, world):
        self.project(world, {"st-git": self.ssh.url(self.repository)})

    def installed(self, world):
        self.assertEqual("3", self.use(world, [self.node, "-p", "require('st-git')"]))

    def test_ADependencyIsClonedFromAnAllowedHostAlone(self):
        self.is_refused([self.npm, "install"], self.prepare)
        self.fetched([self.npm, "install"], self.prepare, self.allowed(), self.installed)


class Cargo(OverSsh, CargoCase):
    def members(self):
        return {"Cargo.toml": cargo_toml("st-git", "3.0.0"),
                "build.rs": 'fn main() { std::process::Command::new("python3").arg("hostile.py")'
                            ".status().unwrap(); }\n",
                "hostile.py": self.hostile(),
                "src/lib.rs": "pub fn three() -> i32 { 3 }\n"}

    def configure(self, world):
        super().configure(world)
        config = os.path.join(world.home, ".cargo", "config.toml")
        write_file(config, read_text(config) + "[net]\ngit-fetch-with-cli = true\n")

    def bare(self, argv, prepare):
        world, outcome = self.manage(argv, prepare=prepare, status=None)
        if b"git_proxy_options" in outcome.stderr:
            self.skipTest("this cargo does not go with its libgit2: it clones nothing, bare either")
        self.assertEqual(0, outcome.status, outcome.describe())
        return world, outcome

    def prepare(self, world):
        self.project(world, {}, 'fn main() { println!("{}", st_git::three()); }\n')
        path = os.path.join(world.project, "Cargo.toml")
        write_file(path, read_text(path) + 'st-git = { git = "%s" }\n'
                   % self.ssh.url(self.repository, "ssh"))

    def installed(self, world):
        self.assertEqual("3", self.built(world))

    def test_ADependencyIsClonedFromAnAllowedHostAlone(self):
        self.is_refused([self.cargo, "build"], self.prepare)
        self.fetched([self.cargo, "build"], self.prepare, self.allowed(), self.installed)


class Go(OverSsh, GoCase):
    def members(self):
        return {"go.mod": go_mod("git.example.com/st-git.git", {}),
                "git.go": "package git\n\nfunc Three() int { return 3 }\n"}

    def fill_registry(self, registry):
        super().fill_registry(registry)

    def configure(self, world):
        super().configure(world)
        # As users do who have private modules.
        gitconfig = os.path.join(world.home, ".gitconfig")
        write_file(gitconfig, read_text(gitconfig) + '[url "%s/"]\n\tinsteadOf = '
                   "https://git.example.com/\n" % self.ssh.url(self.folder, "ssh"))
        path = os.path.join(world.home, ".config", "go", "env")
        write_file(path, read_text(path) + "GOPRIVATE=git.example.com\n")

    def prepare(self, world):
        self.project(world, {"git.example.com/st-git.git": "v1.0.0"},
                     'package main\n\nimport git "git.example.com/st-git.git"\n\n'
                     "func main() { println(git.Three()) }\n")

    def installed(self, world):
        _, outcome = self.manage([os.path.join(world.project, "program")], world=world)
        self.assertEqual(b"3\n", outcome.stderr)

    def test_APrivateModuleIsClonedFromAnAllowedHostAlone(self):
        argv = [self.go, "build", "-o", "program"]
        self.is_refused(argv, self.prepare)
        self.fetched(argv, self.prepare, self.allowed(), self.installed, violated=False)
