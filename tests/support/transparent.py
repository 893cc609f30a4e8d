"""Base of the tests that say: it behaves as it does bare."""

import os
import unittest

import environment
import processes
from trace_file import newest_trace
from world import World, differences, snapshot


class TransparencyCase(unittest.TestCase):
    """`same` runs a command bare and under `safe-trace run`, each in a fresh world."""

    maxDiff = None
    base = None

    def new_world(self):
        world = World(base=self.base)
        self.addCleanup(world.close)
        self.addCleanup(processes.end_orphans)
        return world

    def supervised_prefix(self, options=()):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        return [environment.safe_trace(), "run", *options, "--"]

    def run_in(self, world, argv, supervised, options=(), env=None, cwd=None, timeout=60,
               **how):
        prefix = self.supervised_prefix(options) if supervised else []
        outcome = processes.run(prefix + argv, world.env(**(env or {})), cwd or world.project,
                                timeout, **how)
        self.assertFalse(outcome.timed_out, "it hung\n" + outcome.describe())
        return outcome

    def same(self, argv, prepare=None, check=None, compare_files=False, status=0, ignore=(),
             **how):
        """`argv` may be a function of the world. `check(world, outcome)` must hold both times.
        Returns the supervised outcome."""
        seen = []
        for supervised in (False, True):
            if supervised and environment.safe_trace() is None:
                self.skipTest("SAFE_TRACE is not set: only the bare half ran")
            world = self.new_world()
            if prepare:
                prepare(world)
            outcome = self.run_in(world, argv(world) if callable(argv) else argv, supervised,
                                  **how)
            what = "supervised" if supervised else "bare"
            if status is not None:
                self.assertEqual(status, outcome.status, "%s\n%s" % (what, outcome.describe()))
            if check:
                check(world, outcome)
            # The fake credentials differ from world to world.
            skip = [os.path.join(world.project, name) for name in (".env", *ignore)]
            files = snapshot(world.project, skip) if compare_files else {}
            seen.append((outcome.status, outcome.stdout.replace(world.root.encode(), b"W"), files))
            if supervised:
                self.assertEqual([], outcome.survivors)
        self.assertEqual(seen[0][:2], seen[1][:2])
        self.assertEqual([], differences(seen[0][2], seen[1][2]))
        return outcome

    def trace(self, world):
        return newest_trace(world.state)

    def package_events(self, world, name, version=None):
        found = [event for event in self.trace(world).events
                 if event.get("package.name") == name]
        if version:
            found = [event for event in found if event.get("package.version") == version]
        return found
