"""A hostile build back end under the pip that pipx starts."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import PipxCase  # noqa: E402
from python_hostile import PythonHostile  # noqa: E402


class Hostile(PythonHostile, PipxCase):
    victims = ("home/.config/pip/pip.conf",)

    def test_BuildBackEnd(self):
        self.is_stopped([self.pipx, "install", "evil-build"], lambda world: None,
                        "evil-build", "6.6.1")
