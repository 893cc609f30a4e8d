"""Base of the tests of one package manager: the same command bare and supervised, file by file."""

import os
import re
import stat

import environment
import processes
from static_server import StaticServer
from transparent import TransparencyCase
from world import World, differences, snapshot


class ManagerCase(TransparencyCase):
    """A registry on loopback, made anew for each test, and worlds that are set up to use it as a
    user sets up a machine: by files in the home. Every cache lies in the world."""

    where = ("project",)  # folders of the world whose files must be the same
    # Paths (regular expressions) that are made anew at each run, and those whose bytes differ.
    variable = ()
    names_only = ()
    timeout = 150

    def setUp(self):
        self.available()
        self.index = World(private_tmp=False)
        self.addCleanup(self.index.close)
        self.addCleanup(processes.end_orphans)
        self.folder = os.path.join(self.index.root, "index")
        os.mkdir(self.folder)
        self.server = StaticServer(self.folder)
        self.addCleanup(self.server.close)
        self.make_registry()
        self.fill_registry(self.registry)

    # For each manager.
    def available(self):
        """Finds the manager's programs, or skips."""
        raise NotImplementedError

    def make_registry(self):
        """Sets `self.registry`."""
        raise NotImplementedError

    def configure(self, world):
        """Writes the files of a user who uses this registry."""

    def variables(self, world):
        """Added to the world's environment."""
        return {}

    def path(self, world):
        """Folders before the world's own PATH."""
        return []

    # For each file of tests.
    def fill_registry(self, registry):
        raise NotImplementedError

    def variables_of(self, world, **extra):
        """The environment in which the manager, and what it installed, runs."""
        env = world.env(**self.server.guard())
        env["PATH"] = ":".join([*self.path(world), env["PATH"]])
        env.update(self.variables(world))
        env.update(extra)
        return env

    def fresh_world(self, prepare=None):
        world = self.new_world()
        self.configure(world)
        if prepare:
            prepare(world)
        return world

    def manage(self, argv, supervised=False, prepare=None, status=0, options=(), env=None,
               world=None, cwd=None, timeout=None):
        """Runs one command of the manager: bare, or `safe-trace OPTIONS ARGV`. In a fresh world,
        `prepare(world)` first. `argv` and `cwd` may be functions of the world. Returns
        (world, outcome)."""
        world = world or self.fresh_world(prepare)
        words = argv(world) if callable(argv) else list(argv)
        if supervised:
            if environment.safe_trace() is None:
                self.skipTest("SAFE_TRACE is not set: only the bare half ran")
            words = [environment.safe_trace(), *options] + words
        outcome = processes.run(words, self.variables_of(world, **(env or {})),
                                (cwd(world) if callable(cwd) else cwd) or world.project,
                                timeout or self.timeout)
        what = "supervised" if supervised else "bare"
        self.assertFalse(outcome.timed_out, "%s: it hung\n%s" % (what, outcome.describe()))
        if status is not None:
            self.assertEqual(status, outcome.status, "%s\n%s" % (what, outcome.describe()))
        self.assertEqual([], outcome.survivors, outcome.describe())
        self.assertEqual([], self.server.refused, "it asked hosts outside for something\n"
                         + outcome.describe())
        return world, outcome

    def same_managed(self, argv, prepare=None, check=None, **how):
        """Bare and supervised: the same status and the same files. `check(world, outcome)` must
        hold both times. Returns the supervised (world, outcome); without SAFE_TRACE the bare."""
        bare, outcome = self.manage(argv, False, prepare, **how)
        if check:
            check(bare, outcome)
        if environment.safe_trace() is None:
            return bare, outcome
        held, outcome = self.manage(argv, True, prepare, **how)
        if check:
            check(held, outcome)
        for name in self.where:
            self.assertEqual([], differences(self.files(bare, name), self.files(held, name)),
                             "%s differs\n%s" % (name, outcome.describe()))
        return held, outcome

    def use(self, world, argv, cwd=None, status=0, **extra):
        """Runs what was installed, bare; returns what it said."""
        outcome = processes.run(argv, self.variables_of(world, **extra), cwd or world.project, 60)
        self.assertEqual(status, outcome.status, outcome.describe())
        return outcome.stdout.decode("utf-8", "replace").strip()

    def files(self, world, name):
        """Path -> what is there, of everything that must be the same in another world."""
        root = os.path.join(world.root, name)
        found = {}
        for path, entry in snapshot(root).items():
            if any(re.search(pattern, path) for pattern in self.variable):
                continue
            whole = os.path.join(root, path)
            if whole in world.markers or any(re.search(pattern, path)
                                             for pattern in self.names_only):
                entry = entry[:2]
            elif stat.S_ISREG(entry[0]):
                with open(whole, "rb") as file:
                    content = file.read().replace(world.root.encode(), b"W")
                entry = entry[:2] + (content if len(content) < 4096 else hash(content),)
            elif stat.S_ISLNK(entry[0]):
                entry = entry[:2] + (entry[2].replace(world.root, "W"),)
            found[path] = entry
        return found
