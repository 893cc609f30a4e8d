"""Hostile packages under uv: a build back end, a tool that uvx runs, a start-up file."""

import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from python_case import UvCase  # noqa: E402
from python_hostile import PythonHostile  # noqa: E402

PYTHON = ["--python", "/usr/bin/python3"]


class UvHostile(PythonHostile, UvCase):
    def prepare(self, world):
        self.use(world, ["uv", "venv", *PYTHON])
        self.use(world, ["uv", "pip", "install", "st-leaf"])


class BuildBackEnd(UvHostile):
    victims = ("project/.venv/lib/python3*/site-packages/st_leaf.py",
               "home/.config/uv/uv.toml")

    def test_BuildBackEnd(self):
        self.is_stopped(["uv", "pip", "install", "evil-build"], self.prepare,
                        "evil-build", "6.6.1")


class Tool(UvHostile):
    # What uv keeps, linked into each environment.
    victims = ("home/.cache/uv/archive-v0/*/st_leaf.py", "home/.config/uv/uv.toml")

    def test_ToolOfUvx(self):
        # What the user asked to run is no package: the status stays its own.
        self.is_stopped(["uvx", *PYTHON, "evil-tool"], self.prepare, "evil-tool", "",
                        role="project", status=0)


class WithStartUpFile(UvHostile):
    def installed(self, world):
        self.prepare(world)
        self.manage(["uv", "pip", "install", "evil-start"], world=world)


class StartUpFile(WithStartUpFile):
    victims = ("home/.config/uv/uv.toml", "home/.cache/uv/archive-v0/*/st_leaf.py")

    def test_TheInstallNamesItWithItsPackage(self):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: there is nothing to be told bare")
        world, outcome = self.manage(["uv", "pip", "install", "evil-start"], True, self.prepare)
        self.assertIn(b"evil_start.pth takes part in every later start; it came with "
                      b"evil_start 6.6.3", outcome.stderr)
        found = self.trace(world).find(event__action="startup-file")
        self.assertEqual(["evil_start 6.6.3"], [event.get("package.name") for event in found])

    def test_InWhatUvRunStartsItGetsNothing(self):
        self.is_stopped(["uv", "run", "--no-project", "python", "-c", "pass"], self.installed,
                        "", "", role="project", status=0)


class StartUpFileInsideTheManager(WithStartUpFile):
    """uv asks the environment's Python what it is: that is uv itself, with its own credentials and
    its own cache, and no others."""

    victims = ("home/.config/uv/uv.toml",)
    read = (".ssh/id_rsa", ".aws/credentials")

    def test_ItGetsTheManagersOwnOnly(self):
        def forgotten(world):
            self.installed(world)
            shutil.rmtree(os.path.join(world.home, ".cache", "uv"))

        self.is_stopped(["uv", "pip", "list"], forgotten, "", "", role="manager", status=0)
