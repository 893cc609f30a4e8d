"""B7: children that ask not to be traced."""
import errno

from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B7"
    title = "CLONE_UNTRACED"

    def steps(self, world):
        return [Step("untraced-static", [world.home + "/.ssh/id_rsa"])]

    def succeeded(self, case, world, outcome):
        for how in ("clone", "clone-shared", "clone3"):
            case.assertIn("UNTRACED-CHILD %s: LEAK" % how, outcome.text, outcome.describe())

    def stopped(self, case, world, outcome):
        case.assertNotIn("UNTRACED-CHILD", outcome.text, "an untraced child ran")
        self.assert_kept(case, outcome, {"id_rsa": world.marker_of(".ssh/id_rsa")})
        case.assertIn("clone: errno %d" % errno.EPERM, outcome.text)
        case.assertRegex(outcome.text, "clone3: errno (%d|%d)" % (errno.ENOSYS, errno.EPERM))
