"""pipx and the real index, where it can be reached."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
import processes  # noqa: E402
from live_case import LiveCase  # noqa: E402


class Live(LiveCase):
    where = ("project", "home/.local")

    def available(self):
        self.pipx = manager_tools.fetched_program("pipx")

    def probe(self):
        pip = os.path.join(os.path.dirname(self.pipx), "pip")
        return [pip, "install", "--dry-run", "--no-deps", "--no-cache-dir", "--retries", "0",
                "--timeout", "10", "--target", "/nonexistent", "idna"]

    def variables(self, world):
        return {"PIPX_DEFAULT_PYTHON": "/usr/bin/python3", "PIPX_DEFAULT_BACKEND": "pip"}

    def test_InstallsAProgram(self):
        world = self.same_live([self.pipx, "install", "pycowsay"])
        program = os.path.join(world.home, ".local", "bin", "pycowsay")
        said = processes.run([program, "moo"], world.env(), world.project, 60)
        self.assertEqual(0, said.status, said.describe())
