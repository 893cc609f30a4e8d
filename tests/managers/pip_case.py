"""Base of the pip tests: the same install bare and supervised, file by file."""

import os
import stat

import environment
import packages
import processes
from pypi_server import PypiServer
from transparent import TransparencyCase
from venvs import full_venv, light_venv
from world import World, differences, snapshot

# Written anew at each install, with times or absolute places in them.
VARIABLE = ("__pycache__", "direct_url.json", "pyvenv.cfg")


class PipCase(TransparencyCase):
    venv_with_pip = False  # a venv with a pip of its own takes long to make: once is enough

    def setUp(self):
        self.index = World(private_tmp=False)
        self.addCleanup(self.index.close)
        self.folder = os.path.join(self.index.root, "index")
        os.mkdir(self.folder)
        self.fill_index(self.folder)
        self.server = PypiServer(self.folder)
        self.addCleanup(self.server.close)

    def fill_index(self, folder):
        raise NotImplementedError

    def pip(self, arguments, supervised, prepare=None, status=0, options=(), env=None, world=None,
            user=False):
        """Runs one pip command in a fresh world with a venv; returns (world, outcome)."""
        world = world or self.new_world()
        pip = os.path.join(world.root, "venv", "bin", "pip")
        if not os.path.exists(pip):
            make = full_venv if self.venv_with_pip else light_venv
            make(os.path.join(world.root, "venv"))
        if prepare:
            prepare(world)
        argv = [pip, *arguments[:1], *self.server.pip_options(), *arguments[1:]]
        if supervised:
            argv = [environment.safe_trace(), *options] + argv
        path = os.path.dirname(pip) + ":" + world.env()["PATH"]
        outcome = processes.run(argv, world.env(PATH=path, PYTHONDONTWRITEBYTECODE="", **(env or {})),
                                world.project, 150)
        self.assertFalse(outcome.timed_out, outcome.describe())
        self.assertEqual(status, outcome.status, outcome.describe())
        self.assertEqual([], outcome.survivors, outcome.describe())
        return world, outcome

    def pip_same(self, arguments, prepare=None, where=("venv", "project"), **how):
        """Installs bare and supervised; what is on disk afterwards must be the same."""
        bare, outcome = self.pip(arguments, False, prepare, **how)
        if environment.safe_trace() is None:
            return None, outcome
        held, outcome = self.pip(arguments, True, prepare, **how)
        for name in where:
            self.assertEqual([], differences(self.files(bare, name), self.files(held, name)),
                             "%s differs\n%s" % (name, outcome.describe()))
        self.assertEqual([], [line for line in differences(self.files(bare, "home"),
                                                           self.files(held, "home"))
                              if ".cache/pip" not in line])
        return held, outcome

    @staticmethod
    def files(world, name):
        root = os.path.join(world.root, name)
        found = {}
        for path, entry in snapshot(root).items():
            if any(word in path for word in VARIABLE):
                continue
            if os.path.join(root, path) in world.markers:
                entry = entry[:2]
            if os.path.basename(path) == "RECORD":
                entry = entry[:2] + (_record(os.path.join(root, path)),)
            elif stat.S_ISREG(entry[0]) and len(entry) > 2:
                with open(os.path.join(root, path), "rb") as file:
                    content = file.read().replace(world.root.encode(), b"W")
                entry = entry[:2] + (content if len(content) < 4096 else hash(content),)
            elif stat.S_ISLNK(entry[0]):
                entry = entry[:2] + (entry[2].replace(world.root, "W"),)
            found[path] = entry
        return found


def _record(path):
    """RECORD without the hashes of scripts, which hold the environment's own path."""
    with open(path, encoding="utf-8") as file:
        return tuple(sorted(line.split(",")[0] for line in file
                            if "__pycache__" not in line))


def vendor(folder):
    packages.vendor_build_requirements(folder)
