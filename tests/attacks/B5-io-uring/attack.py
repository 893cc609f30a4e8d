"""B5: io_uring, which a filter of system calls does not see."""
import errno

import environment
from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B5"
    title = "io_uring"

    def available(self):
        try:
            with open("/proc/sys/kernel/io_uring_disabled", encoding="ascii") as file:
                if file.read().strip() != "0":
                    environment.skip("io_uring is disabled on this machine")
        except OSError:
            pass

    def prepare(self, world):
        self.path = world.home + "/.ssh/id_rsa"

    def steps(self, world):
        return [Step("uring-static", [self.path])]

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, {"id_rsa": world.markers[self.path]})

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"id_rsa": world.markers[self.path]})
        case.assertIn("io_uring_setup: errno %d" % errno.ENOSYS, outcome.text)
