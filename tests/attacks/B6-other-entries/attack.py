"""B6: the 32-bit entry and the x32 numbers."""
import re

from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B6"
    title = "int 0x80 and x32"
    must_finish = False  # a kill is an answer too

    def prepare(self, world):
        self.path = world.home + "/.ssh/id_rsa"

    def steps(self, world):
        return [Step("entries-static", ["int80", self.path]),
                Step("entries-static", ["x32", self.path])]

    def succeeded(self, case, world, outcome):
        # Most kernels have no x32: ENOSYS bare as well.
        case.assertTrue(outcome.holds(world.markers[self.path]) or
                        "int80: status 11" in outcome.text, "no 32-bit entry either\n"
                        + outcome.describe())
        case.assertRegex(outcome.text, r"x32: (LEAK|open -38)")

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"id_rsa": world.markers[self.path]})
        case.assertFalse(re.search(r"(int80|x32): open \d", outcome.text), outcome.describe())
