"""B18: TCP fast open reaches a host without a connect."""
import environment
from attack import AttackBase, Step
from sinks import TcpSink
from world import new_marker

WAYS = ("sendto", "sendmsg", "sendmmsg", "sendto6", "option")


class Attack(AttackBase):
    row = "B18"
    title = "TCP fast open"

    def available(self):
        with open("/proc/sys/net/ipv4/tcp_fastopen", encoding="ascii") as file:
            if not int(file.read()) & 1:
                environment.skip("fast open is switched off on this machine")

    def prepare(self, world):
        self.sink = TcpSink()
        world.on_close(self.sink.close)
        self.secret = new_marker()

    def steps(self, world):
        return [Step("fast_open-static", ["127.0.0.1", str(self.sink.port), self.secret])]

    def succeeded(self, case, world, outcome):
        for way in WAYS:
            case.assertEqual(1, self.sink.count(("[%s %s]" % (way, self.secret)).encode()),
                             way + outcome.describe())

    def stopped(self, case, world, outcome):
        case.assertTrue(self.sink.untouched, "%r %s" % (self.sink.messages()[:3],
                                                        outcome.describe()))
