"""B9: stop or kill the supervisor, or anything else outside of the run."""
import os
import time

from attack import AttackBase, Step
from environment import program, safe_trace
from processes import Helper

WAYS = ("outside stop", "outside tgkill", "outside tkill", "outside queue", "outside pidfd",
        "outside kill", "outside prlimit", "outside setpriority")


def state_within(victim, expected, seconds=10):
    deadline = time.monotonic() + seconds
    while victim.state() not in expected and time.monotonic() < deadline:
        time.sleep(0.01)
    return victim.state()


class Attack(AttackBase):
    row = "B9"
    title = "signals to the supervisor and outside"

    def prepare(self, world):
        import subprocess
        self.victims = []
        for _ in range(3):
            victim = Helper([program("common.victim")], world.env(), world.project,
                            stdin=subprocess.PIPE)
            victim.process.stdin.write(b"x")
            victim.process.stdin.flush()
            victim.read_line()
            world.on_close(victim.stop)
            self.victims.append(victim)

    def steps(self, world):
        name = os.path.basename(safe_trace() or "safe-trace")[:15]
        return [Step("signals-static", [str(victim.pid) for victim in self.victims] + [name])]

    def succeeded(self, case, world, outcome):
        for way in WAYS:
            case.assertRegex(outcome.text, way + ": ok", outcome.describe())
        # A signal that was sent is not yet one that was taken, on busy processors.
        case.assertEqual("T", state_within(self.victims[0], ("T",)))
        case.assertIn(state_within(self.victims[1], ("Z", "gone")), ("Z", "gone"))

    def stopped(self, case, world, outcome):
        for way in WAYS + ("supervisor stop", "supervisor tgkill", "supervisor queue",
                           "supervisor kill"):
            case.assertRegex(outcome.text, way + r": errno (1|3|13|38)\b", outcome.describe())
        for victim in self.victims:
            case.assertEqual("S", victim.state())
