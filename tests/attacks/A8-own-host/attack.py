"""A8: send what was found to a host of the attacker's."""
from attack import AttackBase, Record, Step
from sinks import TcpSink, UdpSink, http_reply
from world import new_marker

ATTACKERS_NAME = "collector.attacker.example"


class Attack(AttackBase):
    row = "A8"
    title = "own host"
    address = "127.0.0.1"

    def prepare(self, world):
        self.tcp, self.udp = TcpSink(self.address), UdpSink(self.address)
        self.http = TcpSink(self.address, reply=http_reply("thanks"))
        for sink in (self.tcp, self.udp, self.http):
            world.on_close(sink.close)
        self.secret = new_marker()

    def steps(self, world):
        args = [self.address, str(self.tcp.port), str(self.udp.port), self.secret]
        return [Step("exfiltrate", args), Step("exfiltrate-static", args),
                Step("webhook.py", ["http://%s:%d/hook" % (self.address, self.http.port),
                                    self.secret])]

    def succeeded(self, case, world, outcome):
        case.assertEqual(4, self.tcp.count(self.secret.encode(), 4), outcome.describe())
        case.assertEqual(10, self.udp.count(self.secret.encode(), 10), outcome.describe())
        case.assertEqual(1, self.http.count(self.secret.encode()), outcome.describe())

    def stopped(self, case, world, outcome):
        for sink in (self.tcp, self.udp, self.http):
            case.assertTrue(sink.untouched, "the sink was reached: %r\n%s"
                            % (sink.messages()[:3], outcome.describe()))

    def records(self, world):
        return [Record([self.address, str(sink.port)]) for sink in (self.tcp, self.udp, self.http)
                ] + [Record([ATTACKERS_NAME], refused=False, note="a name that was looked up")]
