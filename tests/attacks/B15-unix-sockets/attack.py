"""B15 and B16: agents, multiplexers, engines and buses behind unix sockets."""
import os
import secrets

from attack import AttackBase, Record, Step
from sinks import TcpSink, UdpSink
from world import new_marker


class Attack(AttackBase):
    row = "B15"
    title = "unix sockets of agents and engines"

    def prepare(self, world):
        self.abstract = "@stw-" + secrets.token_hex(6)
        self.paths = {
            "agent": os.path.join(world.root, "ssh-XyZ/agent.77"),
            "tmux": os.path.join(world.root, "tmux-%d/default" % os.geteuid()),
            "docker": os.path.join(world.runtime, "docker.sock"),
            "docker-desktop": os.path.join(world.home, ".docker/run/docker.sock"),
            "podman": os.path.join(world.runtime, "podman/podman.sock"),
            "gpg": os.path.join(world.home, ".gnupg/S.gpg-agent"),
            "bus": os.path.join(world.runtime, "bus"),
            "systemd": os.path.join(world.runtime, "systemd/private"),
        }
        self.sinks = {}
        for name, path in self.paths.items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self.sinks[name] = TcpSink(path=path)
        self.sinks["abstract"] = TcpSink(path="\0" + self.abstract[1:])
        self.notify = os.path.join(world.runtime, "systemd/notify")
        self.sinks["notify"] = UdpSink(path=self.notify)
        for sink in self.sinks.values():
            world.on_close(sink.close)
        self.secret = new_marker()

    def env(self, world):
        return {"SSH_AUTH_SOCK": self.paths["agent"], "TMUX": self.paths["tmux"] + ",123,0",
                "DOCKER_HOST": "unix://" + self.paths["docker"],
                "DBUS_SESSION_BUS_ADDRESS": "unix:path=" + self.paths["bus"],
                "NOTIFY_SOCKET": self.notify}

    def steps(self, world):
        args = [self.secret] + ["stream:" + path for path in self.paths.values()] + [
            "stream:" + self.abstract, "dgram:" + self.notify]
        return [Step("sockets", args), Step("sockets-static", args)]

    def succeeded(self, case, world, outcome):
        for name, sink in self.sinks.items():
            case.assertEqual(4 if name == "notify" else 2,
                             sink.count(self.secret.encode(), 4 if name == "notify" else 2),
                             name + outcome.describe())

    def stopped(self, case, world, outcome):
        reached = [name for name, sink in self.sinks.items() if not sink.untouched]
        case.assertEqual([], reached, outcome.describe())

    def records(self, world):
        return [Record([path]) for path in self.paths.values()]
