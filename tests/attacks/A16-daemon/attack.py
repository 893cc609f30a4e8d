"""A16: a daemon that outlives the package manager."""
import os
import time

from attack import AttackBase, Record, Step


class Attack(AttackBase):
    row = "A16"
    title = "daemon"
    survives_end = True

    def prepare(self, world):
        # Somewhere every role may write while it lives.
        self.heartbeat = os.path.join(world.tmp, "heartbeat")

    def steps(self, world):
        return [Step("daemon", [self.heartbeat]), Step("daemon-static", [self.heartbeat])]

    def succeeded(self, case, world, outcome):
        case.assertGreaterEqual(len(outcome.survivors), 3 if self.role == "command" else 6,
                                outcome.describe())
        before = os.stat(self.heartbeat).st_mtime_ns
        time.sleep(0.3)
        case.assertGreater(os.stat(self.heartbeat).st_mtime_ns, before, "it does not live")

    def stopped(self, case, world, outcome):
        case.assertEqual([], outcome.survivors)
        case.assertIn("daemon ", outcome.text)
        if os.path.exists(self.heartbeat):
            before = os.stat(self.heartbeat).st_mtime_ns
            time.sleep(0.3)
            case.assertEqual(before, os.stat(self.heartbeat).st_mtime_ns, "it still lives")

    def records(self, world):
        return [Record(["surviv", "daemon"], refused=False, attributed=False,
                       note="the processes that were ended are named")]
