"""Shows attacks bare, then supervised.

  run_attack.py run FOLDER             the attack as a plain program: safe-trace run -- PROGRAM
  run_attack.py pip FOLDER...          the attacks from the setup.py of one source package
  run_attack.py MANAGER FOLDER...      the attacks from one package: see manager_delivery.py
Options: --as-user (an ordinary uid), --base DIR (where the world is made), --legacy (pip: without
pyproject.toml). SAFE_TRACE names the program under test; without it only the bare half runs.
"""

import argparse
import importlib.util
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "support"), HERE]

import environment  # noqa: E402
import loopback  # noqa: E402
import processes  # noqa: E402
from attack import DONE  # noqa: E402
from delivery import PipDelivery, RunDelivery  # noqa: E402
from manager_delivery import DELIVERIES  # noqa: E402
from trace_file import Trace, trace_paths  # noqa: E402
from world import World, differences, snapshot  # noqa: E402

TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")


def load(folder):
    path = os.path.join(HERE, folder, "attack.py")
    spec = importlib.util.spec_from_file_location("attack_" + folder.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Attack(os.path.join(HERE, folder))


class Performance:
    """One run of some attacks in one fresh world."""

    def __init__(self, attacks, delivery, base, supervised):
        self.attacks = attacks
        self.world = World(base=base)
        try:
            self._perform(delivery, supervised)
        except BaseException:
            self.close()
            raise

    def _perform(self, delivery, supervised):
        attacks = self.attacks
        self.delivery = delivery(self.world)
        for attack in attacks:
            attack.delivery, attack.role = self.delivery.name, self.delivery.role
            attack.word = self.delivery.word
            attack.supervised = supervised
            attack.prepare(self.world)
        self.delivery.prepare(attacks)
        self.before = self._snapshot()
        self.outcome, self.parts = self.delivery.perform(
            attacks, environment.safe_trace() if supervised else None)

    def _snapshot(self):
        skip = [os.path.join(self.world.root, name) for name in self.delivery.may_change]
        return snapshot(self.world.root, skip)

    def changes(self):
        return differences(self.before, self._snapshot())

    def close(self):
        processes.end_orphans()
        self.world.close()


class TraceSet:
    """All traces of one world: a plain delivery makes one run per step."""

    def __init__(self, state):
        paths = trace_paths(state)
        if not paths:
            raise AssertionError("no trace was left in %s/safe-trace/traces" % state)
        self.traces = [Trace(path) for path in paths]

    def find(self, **how):
        return [event for trace in self.traces for event in trace.find(**how)]

    def describe(self):
        return "\n".join(trace.describe() for trace in self.traces)


def make_case(attacks, delivery, base):
    class Attacks(unittest.TestCase):
        maxDiff = None

        def setUp(self):
            for attack in attacks:
                attack.available()

        def performance(self, supervised):
            performance = Performance(attacks, delivery, base, supervised)
            self.addCleanup(performance.close)
            return performance

        def test_1_SucceedsBare(self):
            shown = self.performance(supervised=False)
            for attack in attacks:
                with self.subTest(attack=attack.name):
                    part = shown.parts[attack.name]
                    self.assertFalse(part.timed_out, part.describe())
                    attack.succeeded(self, shown.world, part)

        def test_2_IsStoppedUnderSafeTrace(self):
            if environment.safe_trace() is None:
                self.skipTest("SAFE_TRACE is not set: only the bare half ran")
            shown = self.performance(supervised=True)
            whole = shown.outcome
            self.assertFalse(whole.timed_out, "it hung\n" + whole.describe())
            self.assertNotEqual(125, whole.status, "supervision failed\n" + whole.describe())
            shown.delivery.check_whole(self, whole)
            trace = TraceSet(shown.world.state)
            for attack in attacks:
                with self.subTest(attack=attack.name):
                    self._check_part(attack, shown, trace)
            with self.subTest(attack="nothing else changed"):
                self.assertEqual([], shown.changes(), whole.describe())
            with self.subTest(attack="nothing survives"):
                self.assertEqual([], whole.survivors)

        def _check_part(self, attack, shown, trace):
            part = shown.parts[attack.name]
            if attack.must_finish:
                self.assertIn(DONE, part.text, "the attack did not run to its end\n%s"
                              % part.describe())
            attack.stopped(self, shown.world, part)
            for record in attack.records(shown.world):
                wanted = shown.delivery.named if record.attributed else {}
                found = trace.find(contains=record.contains, refused=record.refused, **wanted)
                with self.subTest(attack=attack.name, record=record.contains):
                    self.assertTrue(found, "not in the trace: %s %s %s\n%s\n%s" % (
                        record.contains, wanted, record.note, trace.describe(), part.describe()))

    return Attacks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("delivery", choices=["run", "pip", *DELIVERIES])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--as-user", action="store_true")
    parser.add_argument("--base")
    parser.add_argument("--legacy", action="store_true")
    options = parser.parse_args()
    if options.as_user:
        environment.become_ordinary_user()
    attacks = [load(folder) for folder in options.folders]
    why_not, left_out = "", ""
    kernel_could = False
    if any(attack.needs_netns for attack in attacks):
        why_not = environment.enter_network_namespace()
        kernel_could = bool(why_not)
        if not why_not:
            loopback.bring_up()
    if why_not and options.delivery in DELIVERIES:
        attacks = [attack for attack in attacks if not attack.needs_netns]
        why_not, left_out = "", why_not
    if options.base and options.as_user and not os.access(options.base, os.W_OK):
        why_not = "%s is not writable for this user" % options.base
    base = options.base or "/tmp"
    deliveries = dict(DELIVERIES, run=RunDelivery, pip=PipDelivery.styled(options.legacy))
    delivery = deliveries[options.delivery]
    temporary = (os.path.realpath(base) + "/").startswith(TEMPORARY)
    if delivery.role != "package" and temporary and any(a.outside_temporary for a in attacks):
        why_not = "%s lies in a temporary directory, where this code may write" % base
    processes.become_subreaper()
    case = make_case(attacks, delivery, base)
    if left_out:
        case.test_3_InANetworkOfItsOwn = lambda self: environment.skip(left_out, kernel_could)
    if why_not:
        case.setUp = lambda self: environment.skip(why_not, kernel_could=kernel_could)
    if any(attack.needs_root for attack in attacks) and os.geteuid() != 0:
        case.setUp = lambda self: environment.skip("only root can prepare this attack")
    globals()["Attacks"] = case
    environment.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
