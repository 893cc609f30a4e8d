"""What an attack is, and how it is shown: bare first, then supervised.

Each folder of tests/attacks/ holds an attack.py with a class `Attack`. The runner (run_attack.py)
starts its steps in a fresh world without supervision and asks `succeeded`; then in another fresh
world under safe-trace and asks `stopped` and looks for `records` in the trace.
"""

import os
from dataclasses import dataclass, field

from environment import program

HERE = os.path.dirname(os.path.abspath(__file__))
DONE = "ATTACK-DONE"  # every attack program says it last: it was not merely prevented from running


@dataclass
class Step:
    name: str                 # of a compiled program, or of a .py file beside attack.py
    args: list = field(default_factory=list)
    env: dict = field(default_factory=dict)
    timeout: float = 60
    interpreter: str = ""     # for .py: "" is python3
    clear_env: bool = False   # `env -i`

    def source(self, folder):
        """Compiled programs are named FOLDER.STEM, with "-static" after a static one."""
        if self.name.endswith(".py"):
            return os.path.join(folder, self.name)
        return program(self.name if self.name.startswith("common.")
                       else os.path.basename(folder) + "." + self.name)


@dataclass
class Record:
    """An event that the trace must hold: all texts in it, decided against."""
    contains: list
    refused: bool = True
    attributed: bool = True   # to the package, where a package delivered the attack
    note: str = ""


class AttackBase:
    row = ""                  # of the list of threats: "A1"
    title = ""
    needs_netns = False       # run in a network namespace of the test's own
    needs_root = False
    outside_temporary = False  # the world must not lie beneath a temporary directory (run only)
    survives_end = False      # bare, the attack leaves processes behind
    must_finish = True        # supervised, the attack program itself must reach its end

    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(folder)
        self.delivery = "run"
        self.role = "command"  # what the code is to safe-trace: command, package or project
        self.word = "install"  # of the manager's command line, no other process has it
        self.supervised = False

    def available(self):
        """Raises unittest.SkipTest (environment.skip) where this machine cannot show it."""

    def prepare(self, world):
        """Victims, sinks, files. Whatever must be closed: world.on_close."""

    def steps(self, world):
        raise NotImplementedError

    def env(self, world):
        """Variables of the user, thus of safe-trace itself."""
        return {}

    def launcher(self, world):
        """Words before the command (a parent of the test's own)."""
        return []

    def pass_fds(self, world):
        return ()

    def stdin(self, world):
        return None

    def succeeded(self, case, world, outcome):
        raise NotImplementedError

    def stopped(self, case, world, outcome):
        raise NotImplementedError

    def records(self, world):
        return []

    # Small assertions that many attacks share.
    @staticmethod
    def assert_leaked(case, outcome, markers):
        for what, marker in markers.items():
            if not outcome.holds(marker):
                case.fail("bare, %s was not obtained\n%s" % (what, outcome.describe()))

    @staticmethod
    def assert_kept(case, outcome, markers):
        for what, marker in markers.items():
            if outcome.holds(marker):
                case.fail("%s was obtained\n%s" % (what, outcome.describe()))
