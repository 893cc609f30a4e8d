"""A18: overwrite and remove the user's files."""
import os

from attack import AttackBase, Record, Step
from world import differences, snapshot, write_file


class Attack(AttackBase):
    row = "A18"
    title = "wiper"
    outside_temporary = True

    def prepare(self, world):
        for number in range(12):
            write_file(os.path.join(world.home, "Documents/more/%d.txt" % number), "text\n")
            write_file(os.path.join(world.project, "sources/%d.py" % number), "x = 1\n")
        # A plain command and the project's own code may change the project; package code may not.
        self.roots = [os.path.join(world.home, "Documents")]
        if self.role == "package":
            self.roots.append(os.path.join(world.project, "sources"))
        self.before = [snapshot(root) for root in self.roots]

    def steps(self, world):
        return [Step("wipe-static", self.roots)]

    def succeeded(self, case, world, outcome):
        for root, before in zip(self.roots, self.before):
            after = snapshot(root)
            case.assertGreaterEqual(len(differences(before, after)), 12, outcome.describe())

    def stopped(self, case, world, outcome):
        for root, before in zip(self.roots, self.before):
            left = differences(before, snapshot(root))
            # Landlock does not cover chmod; what the files hold and are named must stay.
            case.assertEqual([], [line for line in left if not line.startswith("changed")],
                             outcome.describe())
            case.assertEqual([], left, outcome.describe())

    def records(self, world):
        # Where the directory cannot even be listed, its name is what is recorded.
        return [Record([os.path.join(world.home, "Documents")])]
