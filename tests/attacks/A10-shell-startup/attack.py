"""A10: change shell start-up files."""
import os
import stat

from attack import AttackBase, Record, Step
from world import differences, snapshot


class Attack(AttackBase):
    row = "A10"
    title = "shell start-up files"

    def prepare(self, world):
        self.before = self._startup_files(world)

    @staticmethod
    def _startup_files(world):
        return {name: entry for name, entry in snapshot(world.home).items()
                if "/" not in name and not stat.S_ISDIR(entry[0])}

    def steps(self, world):
        return [Step("append"), Step("append-static"), Step("append.py")]

    def succeeded(self, case, world, outcome):
        changed = differences(self.before, self._startup_files(world))
        for what in ("changed: .bashrc", "changed: .zshrc", "changed: .profile",
                     "new: .bash_profile", "new: .zprofile", "new: .zlogin"):
            case.assertIn(what, changed, outcome.describe())

    def stopped(self, case, world, outcome):
        changed = differences(self.before, self._startup_files(world))
        kept = [line for line in changed if not line.endswith(".profile.new")]
        case.assertEqual([], kept, outcome.describe())

    def records(self, world):
        return [Record([os.path.join(world.home, name)])
                for name in (".bashrc", ".zshrc", ".profile", ".bash_profile", ".zprofile")]
