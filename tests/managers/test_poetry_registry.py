"""poetry builds and installs from the index on loopback."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import PoetryCase, fill_small_index  # noqa: E402


class Poetry(PoetryCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_SourcePackageIntoTheProjectsEnvironment(self):
        world, _ = self.manage(
            [self.poetry, "install", "-n"],
            prepare=lambda world: self.project(world, {"st-native": "*"}))
        self.assertEqual("st-native 42", self.use(world, [self.poetry, "run", "st-native"]))
