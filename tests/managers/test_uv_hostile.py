"""Hostile packages under uv: a build back end, and a tool that uvx runs."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import UvCase  # noqa: E402
from python_hostile import PythonHostile  # noqa: E402


class Hostile(PythonHostile, UvCase):
    victims = ("project/.venv/lib/python3*/site-packages/st_leaf.py",
               "home/.config/uv/uv.toml")

    def prepare(self, world):
        self.use(world, ["uv", "venv", "--python", "/usr/bin/python3"])
        self.use(world, ["uv", "pip", "install", "st-leaf"])

    def test_BuildBackEnd(self):
        self.is_stopped(["uv", "pip", "install", "evil-build"], self.prepare,
                        "evil-build", "6.6.1")
