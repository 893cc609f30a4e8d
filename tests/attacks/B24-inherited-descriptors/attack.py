"""B24: descriptors that safe-trace itself inherited."""
import os

from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B24"
    title = "inherited descriptors"
    deliveries = ("run",)  # python closes descriptors on the way to a setup.py

    def prepare(self, world):
        self.file = os.path.join(world.home, ".ssh/id_rsa")
        self.other = os.path.join(world.home, ".aws/credentials")
        flags = os.O_RDONLY | os.O_CLOEXEC
        self.descriptors = [os.open(self.other, flags),
                            os.open(os.path.dirname(self.file), flags)]
        self.directory = os.open(os.path.dirname(self.file), flags)
        for descriptor in self.descriptors + [self.directory]:
            world.on_close(lambda fd=descriptor: os.close(fd))

    def pass_fds(self, world):
        return self.descriptors

    def stdin(self, world):
        return self.directory

    def steps(self, world):
        return [Step("inherited", ["id_rsa"]), Step("inherited-static", ["id_rsa"])]

    def _markers(self, world):
        return {path: world.markers[path] for path in (self.file, self.other)}

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, self._markers(world))
        for way in ("beneath:", "beneath standard input:", "through standard input:",
                    "in standard input:"):
            case.assertIn(way + " LEAK", outcome.text, outcome.describe())

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, self._markers(world))
        case.assertNotIn("descriptor ", outcome.text, "descriptors above 2 were open")
