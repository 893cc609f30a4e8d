"""Every way to start a process or a thread works."""

import os

from environment import program
from transparent import TransparencyCase
from world import write_file


class Processes(TransparencyCase):
    def test_EveryWayToStartAProgramWorks(self):
        outcome = self.same([program("e2e.spawn_ways")])
        for way in ("fork", "vfork", "posix_spawn", "clone", "fexecve", "exec in a thread",
                    "system", "popen"):
            self.assertIn(way.encode(), outcome.stdout)

    def test_HundredThreadsReadFiles(self):
        self.same([program("e2e.many_threads")],
                  check=lambda w, o: self.assertEqual(b"10000\n", o.stdout))

    def test_FiveHundredProcessesAtOnce(self):
        self.same([program("e2e.short_children"), "500", "500"], timeout=120,
                  check=lambda w, o: self.assertEqual(b"500\n", o.stdout))

    def test_ChildThatDiesAtOnce(self):
        for _ in range(20):
            outcome = self.run_in(self.new_world(), ["/bin/true"], True)
            self.assertEqual(0, outcome.status, outcome.describe())

    def test_ScriptsWithAndWithoutInterpreterLine(self):
        def prepare(world):
            write_file(os.path.join(world.project, "plain"), "echo from a plain script $1\n", 0o755)
            write_file(os.path.join(world.project, "first"), "#!/bin/sh -e\necho first $1\n", 0o755)
            write_file(os.path.join(world.project, "second"), "#!%s/first\n" % world.project,
                       0o755)
            write_file(os.path.join(world.project, "bad"), "#!/no/such/interpreter\n", 0o755)
        self.same(["/bin/sh", "-c", "./plain a; ./first b; ./second c; ./bad; echo $?"],
                  prepare=prepare)

    def test_OrphansOfAShellAreNotCutOffWhileItRuns(self):
        self.same(["/bin/sh", "-c", "(sleep 0.3; echo late) & echo early; wait"])

    def test_PipelinesAndJobControlInAScript(self):
        self.same(["/bin/bash", "-c", "set -m; yes | head -1000 | wc -l; sleep 0.1 & wait %1; "
                                      "trap 'echo got' USR1; kill -USR1 $$; echo $?"])

    def test_MultiprocessingOfPython(self):
        for method in ("fork", "spawn", "forkserver"):
            with self.subTest(method=method):
                self.same(["/usr/bin/python3", "-c", MULTIPROCESSING % method], timeout=90)

    def test_ThreadsThatSpawnAtTheSameTime(self):
        self.same(["/usr/bin/python3", "-c", SPAWNING_THREADS], timeout=90,
                  check=lambda w, o: self.assertEqual(b"80\n", o.stdout))


MULTIPROCESSING = """
import multiprocessing as m
def square(x): return x * x
if __name__ == "__main__":
    import sys, types
    m.set_start_method(%r)
    if m.get_start_method() == "fork":
        with m.Pool(4) as pool: print(pool.map(square, range(20)))
    else:
        with m.Pool(2) as pool: print(pool.map(abs, range(-5, 5)))
    q = m.Queue(); q.put(1); print(q.get(timeout=10))
"""

SPAWNING_THREADS = """
import subprocess, threading
good = []
def work():
    for _ in range(10):
        if subprocess.run(["/bin/true"]).returncode == 0: good.append(1)
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(len(good))
"""
