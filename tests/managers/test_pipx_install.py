"""pipx, and the pip that it starts, under supervision as bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import PipxCase, fill_small_index  # noqa: E402


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
