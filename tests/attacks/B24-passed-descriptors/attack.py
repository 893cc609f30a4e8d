"""B24: a process outside hands a descriptor in (an accomplice, or an agent that serves files)."""
import os

from attack import AttackBase, Record, Step
from sinks import TcpSink


class Attack(AttackBase):
    row = "B24"
    title = "descriptors passed from outside"

    def prepare(self, world):
        self.secret = os.path.join(world.home, ".ssh/id_rsa")
        descriptor = os.open(self.secret, os.O_RDONLY)
        world.on_close(lambda: os.close(descriptor))
        self.path = os.path.join(world.runtime, "accomplice.sock")
        world.on_close(TcpSink(path=self.path, descriptor=descriptor).close)

    def steps(self, world):
        return [Step("receive-static", [self.path])]

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, {"id_rsa": world.markers[self.secret]})

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"id_rsa": world.markers[self.secret]})

    def records(self, world):
        return [Record([self.path])]
