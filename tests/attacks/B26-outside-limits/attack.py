"""B26: limits and priorities of the manager, the supervisor and what is above it."""
import errno
import os
import re

from attack import AttackBase, Record, Step
from environment import program

WAYS = ("prlimit", "affinity", "priority", "scheduler", "io-priority")


class Attack(AttackBase):
    row = "B26"
    title = "limits of other processes"

    def launcher(self, world):
        return [program("common.victim")]

    def env(self, world):
        return {"VICTIM_SECRET": "none"}

    def steps(self, world):
        return [Step("limits-static", [str(os.getpid()), self.word])]

    def _victims(self):
        # As a plain program everything above is outside; a package's own processes are not.
        return "manager" if self.role != "command" else "(?:manager|other)"

    def succeeded(self, case, world, outcome):
        for way in WAYS:
            case.assertRegex(outcome.text, "%s %s: ok" % (way, self._victims()), outcome.describe())

    def stopped(self, case, world, outcome):
        for way in WAYS:
            results = re.findall("%s %s: (.*)" % (way, self._victims()), outcome.text)
            case.assertTrue(results, outcome.describe())
            case.assertEqual({"errno %d" % errno.EPERM}, {result.strip() for result in results},
                             way + "\n" + outcome.describe())

    def records(self, world):
        return [Record(["prlimit64", "process.limits"])]
