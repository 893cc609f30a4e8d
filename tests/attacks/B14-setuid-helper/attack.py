"""B14: a set-user-id program of root's, run by an ordinary user. Only root can prepare it."""
import os
import shutil

from attack import AttackBase, Step
from environment import ORDINARY_USER, program


class Attack(AttackBase):
    row = "B14"
    title = "set-user-id helper"
    needs_root = True

    def prepare(self, world):
        for directory, names, files in os.walk(world.root):
            for name in ["."] + files:
                os.lchown(os.path.join(directory, name), ORDINARY_USER, ORDINARY_USER)
        self.helper = os.path.join(world.outside, "helper")
        shutil.copy(program("common.forbidden-static"), self.helper)
        os.chown(self.helper, 0, 0)
        os.chmod(self.helper, 0o4755)

    def launcher(self, world):
        return ["setpriv", "--reuid", str(ORDINARY_USER), "--regid", str(ORDINARY_USER),
                "--clear-groups"]

    def steps(self, world):
        return [Step("run_helper", [self.helper]), Step("run_helper-static", [self.helper])]

    def succeeded(self, case, world, outcome):
        case.assertIn("uid %d euid 0" % ORDINARY_USER, outcome.text, outcome.describe())

    def stopped(self, case, world, outcome):
        case.assertNotIn("euid 0", outcome.text, outcome.describe())
