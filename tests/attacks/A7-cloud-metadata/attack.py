"""A7: cloud metadata services, in a network namespace where the test plays them."""
import loopback
from attack import AttackBase, Record, Step
from sinks import TcpSink, http_reply
from world import new_marker

ADDRESSES = ("169.254.169.254", "fd00:ec2::254", "169.254.170.2")
ASKED = ADDRESSES + ("::ffff:169.254.169.254",)
NAME = "metadata.google.internal"


class Attack(AttackBase):
    row = "A7"
    title = "cloud metadata"
    needs_netns = True
    added = []

    def prepare(self, world):
        if not self.added:
            loopback.bring_up(*ADDRESSES)
            self.added.extend(ADDRESSES)
        self.secret = new_marker()
        self.sinks = [TcpSink(address, 80, reply=http_reply(self.secret)) for address in ADDRESSES]
        for sink in self.sinks:
            world.on_close(sink.close)

    def steps(self, world):
        return [Step("fetch", list(ASKED) + [NAME], env={}), Step("fetch-static", list(ASKED))]

    def succeeded(self, case, world, outcome):
        for address in ASKED:
            case.assertIn(address + ": GOT HTTP/1.1 200", outcome.text, outcome.describe())
        case.assertTrue(outcome.holds(self.secret))

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"the metadata": self.secret})
        for sink in self.sinks:
            case.assertTrue(sink.untouched, outcome.describe())

    def records(self, world):
        return [Record([address, "80"]) for address in ADDRESSES] + [
            Record([NAME], refused=False, note="the name that was looked up")]
