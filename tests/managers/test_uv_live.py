"""uv and the real index, where it can be reached."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
import processes  # noqa: E402
from live_case import LiveCase  # noqa: E402
from world import write_file  # noqa: E402

PYPROJECT = """[project]
name = "mine"
version = "0.1"
requires-python = ">=3.9"
dependencies = ["requests", "rich"]
"""


class Live(LiveCase):
    where = ("project", "home/.local")

    def available(self):
        self.uv = manager_tools.fetched_program("uv")

    def probe(self):
        return [self.uv, "pip", "install", "--dry-run", "--no-cache", "--target", "/nonexistent",
                "--python", "/usr/bin/python3", "idna"]

    def prepare(self, world):
        write_file(os.path.join(world.project, "pyproject.toml"), PYPROJECT)

    def test_SyncOfAProject(self):
        world = self.same_live([self.uv, "sync", "--python", "/usr/bin/python3"])
        python = os.path.join(world.project, ".venv", "bin", "python")
        loaded = processes.run([python, "-c", "import requests, rich"], world.env(),
                               world.project, 60)
        self.assertEqual(0, loaded.status, loaded.describe())

    def test_ACompiledPackageAndATool(self):
        uvx = os.path.join(os.path.dirname(self.uv), "uvx")
        self.same_live([self.uv, "venv", "-q", "--python", "/usr/bin/python3"], [self.uv, "pip", "install", "numpy"],
                       [uvx, "black", "--version"])
