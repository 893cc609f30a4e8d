"""poetry under supervision, as bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from python_case import PoetryCase, fill_small_index  # noqa: E402


class Poetry(PoetryCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def prepare(self, world):
        self.project(world, {"st-native": "*"})
        if environment.safe_trace():
            self.use(world, [environment.safe_trace(), "policy", "trust", "pyproject.toml"])

    def test_SourcePackageIntoTheProjectsEnvironment(self):
        world, outcome = self.same_managed([self.poetry, "install", "-n"], prepare=self.prepare)
        self.assertNotIn(b"denied (", outcome.stderr)
        self.assertTrue(self.package_events(world, "st-native", "2.0"), self.trace(world).describe())
        self.assertEqual("st-native 42", self.use(world, [self.poetry, "run", "st-native"]))
