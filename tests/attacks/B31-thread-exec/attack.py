"""B31: exec from a thread that is not the leader."""
from attack import AttackBase, Record, Step
from sinks import TcpSink
from world import new_marker


class Attack(AttackBase):
    row = "B31"
    title = "exec from another thread"

    def prepare(self, world):
        self.sink = TcpSink()
        world.on_close(self.sink.close)
        self.token = new_marker()
        self.path = world.home + "/.ssh/id_rsa"

    def steps(self, world):
        args = [self.path, "127.0.0.1", str(self.sink.port), self.token]
        return [Step("thread_exec", args), Step("thread_exec-static", args)]

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, {"id_rsa": world.markers[self.path]})
        case.assertEqual(2, self.sink.count(self.token.encode(), 2), outcome.describe())

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"id_rsa": world.markers[self.path]})
        case.assertTrue(self.sink.untouched, outcome.describe())

    def records(self, world):
        return [Record([self.path]), Record(["127.0.0.1", str(self.sink.port)])]
