"""B19: socket families and protocols that no network rule sees."""
import re

from attack import AttackBase, Step
from sinks import TcpSink
from world import new_marker


class Attack(AttackBase):
    row = "B19"
    title = "unusual socket families"

    def prepare(self, world):
        self.sink = TcpSink()
        world.on_close(self.sink.close)
        self.secret = new_marker()

    def steps(self, world):
        return [Step("families-static", [str(self.sink.port), self.secret])]

    @staticmethod
    def _made(outcome):
        return set(re.findall(r"^\s*([\w-]+): ok \d+", outcome.text, re.MULTILINE))

    def succeeded(self, case, world, outcome):
        made = self._made(outcome)
        case.assertIn("netlink-diag", made, outcome.describe())
        case.assertGreaterEqual(len({name for name in made if not name.startswith("ok-")}), 3)
        if "mptcp" in made:
            case.assertEqual(1, self.sink.count(self.secret.encode()), outcome.describe())

    def stopped(self, case, world, outcome):
        made = self._made(outcome)
        case.assertEqual({"ok-route", "ok-tcp", "ok-udp", "ok-unix"}, made, outcome.describe())
        case.assertTrue(self.sink.untouched, outcome.describe())
