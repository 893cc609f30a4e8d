"""A19: a dropper whose payload erases itself: the trace keeps its path and its hash."""
import hashlib

from attack import AttackBase, Record, Step
from environment import program
from world import new_marker


class Attack(AttackBase):
    row = "A19"
    title = "self-deleting dropper"

    def prepare(self, world):
        self.token = new_marker()
        self.payload = program("A19-self-deleting.payload")
        with open(self.payload, "rb") as file:
            self.content = file.read()
        self.digest = hashlib.sha256(self.content).hexdigest()

    def steps(self, world):
        if self.role != "command":
            # Beside the step, in the package's own tree or its temporary directory.
            return [Step("drop.py", [self.token, self.payload_text()])]
        return [Step("dropper", [world.project, self.payload, self.token])]

    def payload_text(self):
        import base64
        import zlib
        return base64.b64encode(zlib.compress(self.content)).decode()

    def succeeded(self, case, world, outcome):
        case.assertIn("PAYLOAD-RAN " + self.token, outcome.text, outcome.describe())
        case.assertIn("left behind: no", outcome.text)

    def stopped(self, case, world, outcome):
        # Running what it brought is not forbidden; hiding it is what must fail.
        case.assertIn("PAYLOAD-RAN " + self.token, outcome.text, outcome.describe())

    def records(self, world):
        return [Record(["dropped-" + self.token, self.digest], refused=False)]
