"""B22: typing into the user's terminal."""
import errno

from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B22"
    title = "TIOCSTI and TIOCLINUX"

    @staticmethod
    def _machine_allows():
        try:
            with open("/proc/sys/dev/tty/legacy_tiocsti", encoding="ascii") as file:
                return file.read().strip() != "0"
        except OSError:
            return True

    def steps(self, world):
        return [Step("inject-static")]

    def succeeded(self, case, world, outcome):
        if self._machine_allows():
            for way in ("tiocsti", "tiocsti-high", "tiocsti-sign"):
                case.assertIn(way + ": INJECTED", outcome.text, outcome.describe())
        else:
            case.assertRegex(outcome.text, "tiocsti: (ok|errno %d)" % errno.EIO)
        # Not a virtual console: the kernel gets as far as looking.
        case.assertRegex(outcome.text, "tioclinux: errno (%d|%d)" % (errno.ENOTTY, errno.EINVAL))

    def stopped(self, case, world, outcome):
        case.assertNotIn("INJECTED", outcome.text, outcome.describe())
        if "openpty: ok" in outcome.text:
            for way in ("tiocsti", "tiocsti-high", "tiocsti-sign", "tioclinux", "tioclinux-high"):
                case.assertIn("%s: errno %d" % (way, errno.EPERM), outcome.text)
