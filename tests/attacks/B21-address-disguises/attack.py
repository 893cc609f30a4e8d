"""B21: the same address in other forms, and addresses that change on the way."""
from attack import AttackBase, Record, Step
from sinks import TcpSink, UdpSink
from world import new_marker

TCP = ("tcp-mapped", "tcp-mapped-any", "tcp-any", "tcp-127.1.2.3", "tcp-reconnect", "race-tcp")
UDP = ("udp-mapped", "udp-mapped-any", "udp-any", "udp-127.1.2.3", "udp-unspec-family",
       "udp6-with-ipv4", "udp-elsewhere", "udp-reconnect", "race-udp")


class Attack(AttackBase):
    row = "B21"
    title = "address disguises"

    def prepare(self, world):
        self.tcp, self.udp = TcpSink("0.0.0.0"), UdpSink("0.0.0.0")
        world.on_close(self.tcp.close)
        world.on_close(self.udp.close)
        self.secret = new_marker()

    def steps(self, world):
        # Each try of the TCP race leaves a port in TIME_WAIT; with many more the kernel's search for
        # a free one takes longer than the attack.
        tries = "4000"
        return [Step("disguise-static", [str(self.tcp.port), str(self.udp.port), self.secret,
                                         tries], timeout=60)]

    def _arrived(self, names, sink):
        return [name for name in names
                if sink.count(("[%s %s]" % (name, self.secret)).encode(), timeout=3) > 0]

    def succeeded(self, case, world, outcome):
        # A race is not won every time. The one over UDP, which is tried as often, must be.
        arrived = set(self._arrived(TCP, self.tcp)) | {"race-tcp"}
        case.assertEqual(set(TCP), arrived, outcome.describe())
        case.assertEqual(list(UDP), self._arrived(UDP, self.udp), outcome.describe())

    def stopped(self, case, world, outcome):
        case.assertTrue(self.tcp.untouched, "%r\n%s" % (self.tcp.messages()[:3],
                                                        outcome.describe()))
        case.assertTrue(self.udp.untouched, "%r\n%s" % (self.udp.messages()[:3],
                                                        outcome.describe()))
        case.assertIn("own connect: ok", outcome.text, "own listeners are allowed")
        case.assertIn("own udp connect: ok", outcome.text, "own sockets are allowed")

    def records(self, world):
        return [Record(["127.0.0.1", str(self.tcp.port)]),
                Record(["127.0.0.1", str(self.udp.port)])]
