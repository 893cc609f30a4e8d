"""B3: the path of an exec changes between check and use."""
import os
import re
import shutil

import environment
from attack import AttackBase, Record, Step


class Attack(AttackBase):
    row = "B3"
    title = "exec path flipped"

    def prepare(self, world):
        # Hidden for every role, as everything in this directory is.
        self.forbidden = os.path.join(world.home, ".ssh/forbidden")
        shutil.copy(environment.program("common.forbidden-static"), self.forbidden)
        os.chmod(self.forbidden, 0o755)

    def steps(self, world):
        # Bare, the race goes on until it is won.
        tries, seconds = (400 if environment.quick() else 2000, 20) if self.supervised else (0, 60)
        return [Step("exec_flip-static", [str(tries), str(seconds), "/bin/true", self.forbidden],
                     timeout=120)]

    def succeeded(self, case, world, outcome):
        case.assertIn("FORBIDDEN-RAN", outcome.text, outcome.describe())

    def stopped(self, case, world, outcome):
        case.assertNotIn("FORBIDDEN-RAN", outcome.text, outcome.describe())
        tried, ran = map(int, re.search(r"tried=(\d+) ran=(\d+)", outcome.text).groups())
        case.assertGreater(ran, 0, "the allowed program was never run")
        print("B3 %s: %s" % (self.delivery, re.findall("EXECS.*", outcome.text)))

    def records(self, world):
        return [Record([self.forbidden])]
