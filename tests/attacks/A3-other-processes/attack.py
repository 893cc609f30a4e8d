"""A3: read the environment, maps and memory of the parent, the supervisor and what is above it.

A process of the test's own, holding one secret in its environment and one in its heap, is the
parent of the command (bare) or of safe-trace.
"""
import os

from attack import AttackBase, Record, Step
from environment import program
from world import new_marker


class Attack(AttackBase):
    row = "A3"
    title = "memory and environment of other processes"

    def prepare(self, world):
        self.secret = new_marker()

    def env(self, world):
        return {"VICTIM_SECRET": self.secret}

    def launcher(self, world):
        return [program("common.victim")]

    def steps(self, world):
        # The test process itself is where the walk ends.
        return [Step("ancestors-static", [str(os.getpid())])]

    def succeeded(self, case, world, outcome):
        case.assertIn("VICTIM_SECRET=" + self.secret, outcome.text)
        case.assertIn("LEAK " + self.secret, outcome.text, outcome.describe())

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"the secret of a process outside": self.secret})

    def records(self, world):
        return [Record(["/proc/", "/environ"]), Record(["/proc/", "/mem"])]
