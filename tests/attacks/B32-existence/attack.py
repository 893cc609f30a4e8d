"""B32: does a hidden file exist? Content and listings never leak; mere existence is reported here,
as the list of threats states it as a limit where hiding it costs too much."""
import os
import re

from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B32"
    title = "existence of hidden files"

    def prepare(self, world):
        self.file = os.path.join(world.home, ".ssh/id_rsa")
        self.directory = os.path.dirname(self.file)

    def steps(self, world):
        return [Step("probe.py", [self.file, self.directory])]

    def succeeded(self, case, world, outcome):
        for what in ("stat FOUND", "lstat FOUND", "listxattr FOUND", "access FOUND", "read FOUND"):
            case.assertIn("%s %s" % (self.file, what), outcome.text, outcome.describe())
        case.assertIn("%s listdir FOUND" % self.directory, outcome.text)

    def stopped(self, case, world, outcome):
        case.assertNotIn("listdir FOUND", outcome.text)
        case.assertNotIn("read FOUND", outcome.text)
        self.assert_kept(case, outcome, {"id_rsa": world.markers[self.file]})
        visible = sorted(set(re.findall(r"id_rsa (\w+) FOUND", outcome.text)))
        print("B32 %s: existence is visible through: %s" % (self.delivery, visible or "nothing"))
