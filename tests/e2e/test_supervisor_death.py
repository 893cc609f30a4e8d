"""When safe-trace dies, the whole tree ends; nothing hangs."""

import os
import signal
import time

import processes
from transparent import TransparencyCase
from world import read_text

SCRIPT = """
import os, time, sys
pids = open("pids", "a")
def live():
    pids.write("%d\\n" % os.getpid()); pids.flush()
    while True:
        open("/etc/passwd").close()
        time.sleep(0.002)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: live()
    os._exit(0)
for _ in range(3):
    if os.fork() == 0: live()
live()
"""


class SupervisorDeath(TransparencyCase):
    def started(self):
        world = self.new_world()
        argv = self.supervised_prefix() + ["/usr/bin/python3", "-c", SCRIPT]
        started = processes.Started(argv, world.env(), world.project)
        path = os.path.join(world.project, "pids")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if os.path.exists(path) and len(read_text(path).split()) == 5:
                break
            time.sleep(0.05)
        pids = [int(word) for word in read_text(path).split()]
        self.assertEqual(5, len(pids))
        return started, pids

    @staticmethod
    def alive(pids):
        found = []
        for pid in pids:
            try:
                with open("/proc/%d/stat" % pid) as file:
                    if file.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                        found.append(pid)
            except OSError:
                pass
        return found

    def assert_gone(self, pids, seconds=5):
        deadline = time.monotonic() + seconds
        while self.alive(pids) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual([], self.alive(pids))

    def test_KilledSupervisorTakesTheTreeAlong(self):
        started, pids = self.started()
        os.kill(started.pid, signal.SIGKILL)
        self.assert_gone(pids)
        started.finish(10)

    def test_TerminatedSupervisorTakesTheTreeAlong(self):
        started, pids = self.started()
        os.kill(started.pid, signal.SIGTERM)
        outcome = started.finish(20)
        self.assertFalse(outcome.timed_out)
        self.assertEqual(128 + signal.SIGTERM, outcome.status, outcome.describe())
        self.assert_gone(pids)
