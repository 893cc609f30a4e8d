"""A hostile build back end under the pip that pipx starts, and a tool that pipx runs at once."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import PipxCase  # noqa: E402
from python_hostile import PythonHostile  # noqa: E402


class BuildBackEnd(PythonHostile, PipxCase):
    victims = ("home/.config/pip/pip.conf",)

    def test_BuildBackEnd(self):
        self.is_stopped([self.pipx, "install", "evil-build"], lambda world: None,
                        "evil-build", "6.6.1")


class Tool(PythonHostile, PipxCase):
    # The pip that pipx keeps for all its environments, and the environment of this tool.
    victims = ("home/.config/pip/pip.conf", "home/.local/share/pipx/shared/pyvenv.cfg",
               "home/.cache/pipx/*/lib/python3*/site-packages/st_leaf.py")

    def test_ToolOfRun(self):
        # What the user asked to run is no package: the status stays its own.
        self.is_stopped([self.pipx, "run", "evil-tool"], lambda world: None, "evil-tool", "",
                        role="project", status=0)
