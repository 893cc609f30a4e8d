"""B12: static program, no LD_PRELOAD, empty environment, raw system calls."""
from attack import AttackBase, Record, Step
from sinks import TcpSink
from world import new_marker


class Attack(AttackBase):
    row = "B12"
    title = "static and raw"

    def prepare(self, world):
        self.sink = TcpSink()
        world.on_close(self.sink.close)
        self.secret = new_marker()

    def steps(self, world):
        args = ["127.0.0.1", str(self.sink.port), self.secret] + list(world.markers)
        return [Step("raw", args, clear_env=True), Step("raw-static", args, clear_env=True),
                Step("raw", args, env={"LD_PRELOAD": ""})]

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, world.markers)
        case.assertEqual(3, self.sink.count(self.secret.encode(), 3), outcome.describe())

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, world.markers)
        case.assertTrue(self.sink.untouched, outcome.describe())

    def records(self, world):
        return [Record([path]) for path in world.markers] + [
            Record(["127.0.0.1", str(self.sink.port)])]
