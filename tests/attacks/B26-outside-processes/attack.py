"""B26: reach into processes outside of the run, and files by handle."""
import os
import re
import subprocess

from attack import AttackBase, Record, Step
from environment import program
from processes import Helper
from world import new_marker

WAYS = ["process_vm_readv", "ptrace-attach", "ptrace-seize", "pidfd_getfd", "proc-mem", "proc-fd",
        "proc-root", "proc-cwd"]


class Attack(AttackBase):
    row = "B26"
    title = "outside processes"

    def prepare(self, world):
        self.secret = new_marker()
        self.path = os.path.join(world.home, ".ssh/id_rsa")
        victim = Helper([program("common.victim")], world.env(VICTIM_FILE=self.path), world.home,
                        stdin=subprocess.PIPE)
        world.on_close(victim.stop)
        victim.process.stdin.write(self.secret.encode())
        victim.process.stdin.flush()
        pid, address, descriptor = victim.read_line().split()
        self.victim = victim
        self.arguments = [pid, address, descriptor, self.path]

    def steps(self, world):
        return [Step("reach-static", self.arguments)]

    @staticmethod
    def _leaks(outcome):
        return set(re.findall(r"^\s*([\w-]+): LEAK", outcome.text, re.MULTILINE))

    def succeeded(self, case, world, outcome):
        wanted = set(WAYS)
        if os.geteuid() == 0 and os.environ.get("SAFE_TRACE_TEST_NETNS") != "1":
            wanted.add("open_by_handle_at")  # asks for a capability
        case.assertEqual(wanted, self._leaks(outcome), outcome.describe())
        case.assertTrue(outcome.holds(self.secret))

    def stopped(self, case, world, outcome):
        case.assertEqual(set(), self._leaks(outcome), outcome.describe())
        self.assert_kept(case, outcome, {"its memory": self.secret,
                                         "its file": world.markers[self.path]})
        case.assertRegex(outcome.text, r"kcmp: errno")
        case.assertEqual("S", self.victim.state())

    def records(self, world):
        return [Record(["/proc/%d/mem" % self.victim.pid])]
