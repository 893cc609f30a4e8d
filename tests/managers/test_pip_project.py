"""`pip install .` with the environment inside the project: what the project's own build may touch."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
import processes  # noqa: E402
from packages import SETUPTOOLS_BACKEND, make_wheel, setup_py  # noqa: E402
from pip_case import PipCase, vendor  # noqa: E402
from venvs import light_venv  # noqa: E402
from world import write_file  # noqa: E402

# Tries each place, and says which could be written.
PLANT = r'''
import os
for path in %r:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "a").write("planted\n")
        print("PLANTED", path)
    except OSError as error:
        print("KEPT", path, error.errno)
open("own.txt", "w").write("the project's own")
'''
GIT = (".git/commondir", ".git/objects/info/alternates", ".git/worktrees/x/gitdir",
       ".git/rebase-merge/git-rebase-todo", "sub/.git", ".git/config", ".git/hooks/post-commit")


class Project(PipCase):
    """The environment is project/.venv, or a second one beside it."""

    def fill_index(self, folder):
        vendor(folder)
        make_wheel(folder, "neighbour", "1.0", {"neighbour.py": "x = 1\n"})
        make_wheel(folder, "evil-start", "1.5", {"evil_start.py": "", "evil.pth": "import sys\n"})

    def make_project(self, world, body):
        write_file(os.path.join(world.project, "setup.py"), setup_py("mine", "1.0", body))
        write_file(os.path.join(world.project, "mine.py"), "x = 1\n")
        write_file(os.path.join(world.project, "pyproject.toml"), SETUPTOOLS_BACKEND)
        light_venv(os.path.join(world.project, ".venv"))
        light_venv(os.path.join(world.project, "other-env"))

    def install(self, world, supervised, status, env=None):
        pip = os.path.join(world.project, ".venv", "bin", "pip")
        argv = [pip, "install", *self.server.pip_options(), "-v", "."]
        if supervised:
            argv = [environment.safe_trace()] + argv
        outcome = processes.run(argv, world.env(**(env or {})), world.project, 150)
        self.assertEqual(status, outcome.status, outcome.describe())
        return outcome

    def places(self, world):
        library = "lib/python3.%d/site-packages" % sys.version_info[1]
        return [os.path.join(world.project, place) for place in (
            ".venv/%s/evil.pth" % library, ".venv/bin/activate", ".venv/bin/ls", ".venv/pip.conf",
            ".venv/pyvenv.cfg", "other-env/%s/evil.pth" % library, "other-env/bin/activate",
            "node_modules/.bin/x", *GIT)]

    def plant(self, supervised, status):
        world = self.new_world()
        self.make_project(world, PLANT % (self.places(world),))
        write_file(os.path.join(world.project, ".git", "HEAD"), "ref: refs/heads/main\n")
        return world, self.install(world, supervised, status)

    def test_PackageCodeChangesNeitherEnvironmentsNorGit(self):
        _, outcome = self.plant(False, 0)
        self.assertIn("PLANTED", outcome.text)
        self.assertNotIn("KEPT", outcome.text, "bare, every place can be written")
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, outcome = self.plant(True, 120)
        self.assertIn("KEPT", outcome.text)
        self.assertNotIn("PLANTED", outcome.text, outcome.describe())
        self.assertTrue(os.path.exists(os.path.join(world.project, "own.txt")))
        trace = self.trace(world)
        for path in self.places(world):
            # Where a directory on the way could not be made, that is what stands there.
            tried = [path, os.path.dirname(path), os.path.dirname(os.path.dirname(path))]
            refused = [event for place in tried if place != world.project for event in
                       trace.find(refused=True, safe_trace__role="package", file__path=place)]
            self.assertTrue(refused, path)

    def test_OrdinaryBuildsInAProjectGoThrough(self):
        body = r'''
import multiprocessing, os, subprocess
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(abs, [-1, 2]) == [1, 2]
multiprocessing.Lock()
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory(create=True, size=16)
memory.close(); memory.unlink()
subprocess.run(["git", "describe", "--always", "--dirty"], check=True)
os.makedirs(os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "x"),
            exist_ok=True)
'''
        for supervised in (False, True):
            if supervised and environment.safe_trace() is None:
                self.skipTest("SAFE_TRACE is not set: only the bare half ran")
            world = self.new_world()
            self.make_project(world, body)
            write_file(os.path.join(world.home, ".gitconfig"), "[user]\n\tname = Z\n")
            git = ["git", "-c", "user.name=z", "-c", "user.email=z@example.com"]
            for command in (["init", "-q"], ["add", "setup.py"], ["commit", "-qm", "first"]):
                done = processes.run(git + command, world.env(), world.project, 30)
                self.assertEqual(0, done.status, done.describe())
            outcome = self.install(world, supervised, 0)
            if supervised:
                self.assertNotIn(b"violation:", outcome.stderr)

    def test_AStartUpFileThatAnInstallLeavesIsNamedWithItsPackage(self):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: there is nothing to be told bare")
        world, outcome = self.pip(["install", "evil-start"], True)
        self.assertIn(b"evil.pth takes part in every later start; it came with evil_start 1.5",
                      outcome.stderr)
        found = self.trace(world).find(event__action="startup-file")
        self.assertEqual(["evil_start 1.5"], [event.get("package.name") for event in found])
        world, outcome = self.pip(["install", "neighbour"], True)
        self.assertNotIn(b"later start", outcome.stderr)
        self.assertEqual([], self.trace(world).find(event__action="startup-file"))
