"""pipx, and the pip that it starts, under supervision as bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from python_case import PYTHON, PipxCase, fill_small_index, write_file  # noqa: E402


class Pipx(PipxCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_CommandThatIsBuilt(self):
        world, outcome = self.same_managed([self.pipx, "install", "st-native"])
        self.assertNotIn(b"denied (", outcome.stderr)
        events = self.package_events(world, "st-native", "2.0")
        self.assertEqual({"pip"}, {event.get("safe_trace.ecosystem") for event in events})
        program = os.path.join(world.home, ".local", "bin", "st-native")
        self.assertEqual("st-native 42", self.use(world, [program]))

    def test_RunOfATool(self):
        world, outcome = self.same_managed([self.pipx, "run", "st-native"])
        self.assertNotIn(b"denied (", outcome.stderr)
        self.assertEqual(b"st-native 42\n", outcome.stdout)
        self.assertTrue(self.trace(world).find(safe_trace__role="project"))


class PipxWithUv(PipxCase):
    """Where uv is on PATH, pipx has it install."""

    def available(self):
        super().available()
        self.uv = manager_tools.fetched_program("uv")

    def path(self, world):
        return [os.path.dirname(self.uv)]

    def fill_registry(self, registry):
        fill_small_index(registry)

    def configure(self, world):
        super().configure(world)
        write_file(os.path.join(world.home, ".config", "uv", "uv.toml"),
                   'index-url = "%s"\n' % self.pypi.index)

    def variables(self, world):
        return {"PIPX_DEFAULT_PYTHON": PYTHON, "PIPX_DEFAULT_BACKEND": "uv"}

    def test_CommandThatIsBuilt(self):
        world, outcome = self.same_managed([self.pipx, "install", "st-native"])
        self.assertNotIn(b"denied (", outcome.stderr)
        events = self.package_events(world, "st-native", "2.0")
        self.assertEqual({"uv"}, {event.get("safe_trace.ecosystem") for event in events})
        program = os.path.join(world.home, ".local", "bin", "st-native")
        self.assertEqual("st-native 42", self.use(world, [program]))
