"""Ten thousand processes, and what the supervisor needs for them."""

import time

import processes
from environment import program
from transparent import TransparencyCase


def peak_memory_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


class ManyProcesses(TransparencyCase):
    def test_TenThousandForks(self):
        self.same([program("e2e.short_children"), "10000", "20"], timeout=250,
                  check=lambda w, o: self.assertEqual(b"10000\n", o.stdout))

    def test_ThreeThousandExecsWithBoundedMemory(self):
        world = self.new_world()
        argv = self.supervised_prefix() + [program("e2e.short_children"), "3000", "8", "exec"]
        started = processes.Started(argv, world.env(), world.project)
        peak, deadline = 0, time.monotonic() + 240
        while started.process.poll() is None and time.monotonic() < deadline:
            try:
                peak = max(peak, peak_memory_kib(started.pid))
            except OSError:
                pass
            time.sleep(0.05)
        outcome = started.finish(5)
        self.assertEqual((0, b"3000\n"), (outcome.status, outcome.stdout), outcome.describe())
        self.assertLess(peak, 64 * 1024, "the supervisor's memory")
