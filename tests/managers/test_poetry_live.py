"""poetry and the real index, where it can be reached."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from live_case import LiveCase  # noqa: E402
from world import write_file  # noqa: E402

PYPROJECT = """[tool.poetry]
name = "mine"
version = "0.1"
description = ""
authors = []
package-mode = false

[tool.poetry.dependencies]
python = ">=3.11,<4"

# Mirrors have the simple index, and seldom what poetry asks the public one for.
[[tool.poetry.source]]
name = "simple"
url = "https://pypi.org/simple/"
priority = "primary"
"""


class Live(LiveCase):
    where = ("project", "home/.cache/virtualenv")

    def available(self):
        self.poetry = manager_tools.fetched_program("poetry")

    def probe(self):
        pip = os.path.join(os.path.dirname(self.poetry), "pip")
        return [pip, "install", "--dry-run", "--no-deps", "--no-cache-dir", "--retries", "0",
                "--timeout", "10", "--target", "/nonexistent", "idna"]

    def prepare(self, world):
        write_file(os.path.join(world.project, "pyproject.toml"), PYPROJECT)

    def variables(self, world):
        return {"POETRY_VIRTUALENVS_IN_PROJECT": "true",
                "POETRY_VIRTUALENVS_USE_POETRY_PYTHON": "true"}

    def test_AddsADependencyToAProject(self):
        self.same_live([self.poetry, "add", "-n", "requests"])
