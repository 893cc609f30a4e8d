"""B13: programs started so that their name says nothing."""
from attack import AttackBase, Record, Step
from sinks import TcpSink
from world import new_marker

WAYS = ("memfd", "empty-path", "loader", "loader-without-right", "script-chain", "deleted")


class Attack(AttackBase):
    row = "B13"
    title = "indirect exec"

    def prepare(self, world):
        self.sink = TcpSink()
        world.on_close(self.sink.close)
        self.token = new_marker()
        self.path = world.home + "/.ssh/id_rsa"

    def steps(self, world):
        return [Step("indirect", [self.path, "127.0.0.1", str(self.sink.port), self.token])]

    def succeeded(self, case, world, outcome):
        for way in WAYS:
            case.assertIn(way + ": LEAK", outcome.text, outcome.describe())
            case.assertEqual(1, self.sink.count(("[%s %s]" % (way, self.token)).encode()),
                             way + outcome.describe())

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"id_rsa": world.markers[self.path]})
        case.assertTrue(self.sink.untouched, outcome.describe())
        # Whatever was let run was watched: its attempts are what failed.
        case.assertIn("memfd: ", outcome.text)

    def records(self, world):
        return [Record([self.path]), Record(["127.0.0.1", str(self.sink.port)])]
