"""B22: another terminal of the user: what is typed there, and what is shown there.

The terminals that the code makes itself stay usable, under every name.
"""
import errno
import os
import pty
import tty

from attack import AttackBase, Record, Step
from world import new_marker

WAYS = ("by-name", "by-directory", "by-root", "write-only")


class Attack(AttackBase):
    row = "B22"
    title = "terminals of other sessions"

    def prepare(self, world):
        self.secret = new_marker()
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        world.on_close(lambda: [os.close(self.master), os.close(slave)])
        os.set_blocking(self.master, False)
        self.path = os.ttyname(slave)
        os.write(self.master, self.secret.encode())

    def steps(self, world):
        return [Step("terminals-static", [self.path]), Step("spawn.py")]

    def _shown(self):
        try:
            return os.read(self.master, 4096).decode()
        except BlockingIOError:
            return ""

    def _own_terminals_work(self, case, outcome):
        for way in ("openpty", "peer", "ptmx"):
            case.assertIn(way + ": works hello", outcome.text, outcome.describe())
        if "pts-ptmx" in outcome.text:
            case.assertIn("pts-ptmx: works hello", outcome.text, outcome.describe())
        case.assertIn("forkpty: [child 1 1 1]", outcome.text, outcome.describe())
        case.assertIn("directory: readable", outcome.text)
        case.assertIn("pty.spawn: 3", outcome.text, outcome.describe())
        case.assertIn("pty.openpty: py", outcome.text, outcome.describe())
        case.assertIn("os.forkpty: forked", outcome.text, outcome.describe())

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, {"what was typed": self.secret})
        shown = self._shown()
        for way in WAYS:
            case.assertIn(way, shown, outcome.describe())
        self._own_terminals_work(case, outcome)

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, {"what was typed": self.secret})
        case.assertEqual("", self._shown(), "something was written to the other terminal")
        for way in WAYS:
            case.assertIn("%s: errno %d" % (way, errno.EACCES), outcome.text, outcome.describe())
        self._own_terminals_work(case, outcome)

    def records(self, world):
        return [Record([self.path, "device.terminal"])]
