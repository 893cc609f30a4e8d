"""Ten thousand processes, and what the supervisor needs for them."""

import processes
from environment import program
from transparent import TransparencyCase


class ManyProcesses(TransparencyCase):
    def test_TenThousandForks(self):
        self.same([program("e2e.short_children"), "10000", "20"], timeout=250,
                  check=lambda w, o: self.assertEqual(b"10000\n", o.stdout))

    def test_ThreeThousandExecsWithBoundedMemory(self):
        world = self.new_world()
        argv = self.supervised_prefix() + [program("e2e.short_children"), "3000", "8", "exec"]
        outcome = processes.run(argv, world.env(), world.project, 240)
        self.assertEqual((0, b"3000\n"), (outcome.status, outcome.stdout), outcome.describe())
        self.assertLess(outcome.peak_kib, 64 * 1024, "the supervisor's memory")
