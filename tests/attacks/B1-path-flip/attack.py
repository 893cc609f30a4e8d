"""B1: the path changes between check and use."""
import os
import re

import environment
from attack import AttackBase, Record, Step
from world import write_file

TRIES, SECONDS = (20000, 4) if environment.quick() else (100000, 16)


class Attack(AttackBase):
    row = "B1"
    title = "path flipped between check and use"

    def prepare(self, world):
        write_file(os.path.join(world.outside, "neutral.txt"), "nothing of interest\n")
        # A name that is harmless elsewhere, so that the exchanged directory may hold it too.
        self.secret = os.path.join(world.home, ".ssh/plain.txt")
        self.marker = world.add_secret(self.secret)
        # Neutral for a plain command; for package code outside of its allow-list.
        self.letter = os.path.join(world.home, "notes.txt")
        write_file(self.letter, "neutral but not a package's business\n")

    def steps(self, world):
        # Bare, each race goes on until it is won: how soon depends on the machine's load.
        tries, seconds = (TRIES, SECONDS) if self.supervised else (0, 60)
        # Package code is allowed the file that every process may read.
        neutral = "/etc/os-release" if self.role == "package" else os.path.join(
            world.outside, "neutral.txt")
        made = [Step("flip", [str(tries), str(seconds), neutral, self.secret, self.marker],
                     timeout=200)]
        if self.role == "package":
            if self.supervised:
                tries, seconds = tries // 4, seconds // 3 + 1
            made.append(Step("flip-static", [str(tries), str(seconds), neutral,
                                             self.letter, "not a package's business"],
                             timeout=200))
        return made

    @staticmethod
    def _races(outcome):
        return [(name, *map(int, numbers)) for name, *numbers in re.findall(
            r"RACE (\w+): tries=(\d+) opened=(\d+) leaks=(\d+)", outcome.text)]

    def succeeded(self, case, world, outcome):
        races = self._races(outcome)
        case.assertGreaterEqual(len(races), 3, outcome.describe())
        for name, _, _, leaks in races:
            case.assertGreater(leaks, 0, "%s: the race was never won bare" % name)

    def stopped(self, case, world, outcome):
        races = self._races(outcome)
        case.assertGreaterEqual(len(races), 3, outcome.describe())
        for name, tries, opened, leaks in races:
            case.assertEqual(0, leaks, "%s leaked in %d tries" % (name, tries))
            # An exchange is decided by the supervisor too, thus much slower than an open.
            case.assertGreater(tries, 100 if name == "directory" else 500,
                               "%s: too few tries to mean anything" % name)
            case.assertGreater(opened, 0, "%s: the allowed file was never opened" % name)
        print("B1 %s: %s" % (self.delivery, races))

    def records(self, world):
        return [Record([self.secret])]
