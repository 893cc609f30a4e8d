"""pipx builds and installs from the index on loopback."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import PipxCase, fill_small_index  # noqa: E402


class Pipx(PipxCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_CommandThatIsBuilt(self):
        world, _ = self.manage([self.pipx, "install", "st-native"])
        program = os.path.join(world.home, ".local", "bin", "st-native")
        self.assertEqual("st-native 42", self.use(world, [program]))
