"""A hostile build back end under poetry."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from python_case import PoetryCase  # noqa: E402
from python_hostile import PythonHostile  # noqa: E402


class Hostile(PythonHostile, PoetryCase):
    victims = ("home/.config/pypoetry/config.toml", "project/mine.py")

    def prepare(self, world):
        self.project(world, {"evil-build": "*"})
        if environment.safe_trace():
            self.use(world, [environment.safe_trace(), "policy", "trust", "pyproject.toml"])

    def test_BuildBackEnd(self):
        self.is_stopped([self.poetry, "install", "-n"], self.prepare, "evil-build", "6.6.1")
