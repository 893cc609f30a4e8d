"""uv builds and installs from the index on loopback."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import UvCase, fill_small_index  # noqa: E402


class Uv(UvCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_SourcePackageIntoAnEnvironment(self):
        def prepare(world):
            self.use(world, ["uv", "venv", "--python", "/usr/bin/python3"])
        world, _ = self.manage(["uv", "pip", "install", "st-native"], prepare=prepare)
        python = os.path.join(world.project, ".venv", "bin", "python")
        script = "import native_part, st_leaf; print(native_part.answer(), st_leaf.value)"
        self.assertEqual("42 1", self.use(world, [python, "-c", script]))

    def test_UvxRunsAToolThatItBuilds(self):
        _, outcome = self.manage(["uvx", "--python", "/usr/bin/python3", "st-native"])
        self.assertEqual(b"st-native 42\n", outcome.stdout)
