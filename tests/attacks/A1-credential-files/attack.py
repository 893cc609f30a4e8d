"""A1: read credentials, tokens and history from the home and the project."""
import errno
import os

from attack import AttackBase, Record, Step


class Attack(AttackBase):
    row = "A1"
    title = "credential files"
    directories = (".ssh", ".aws", ".kube", ".gnupg")

    def steps(self, world):
        names = list(world.markers) + [os.path.join(world.home, d) for d in self.directories]
        return [Step(program, names) for program in ("read_files", "read_files-static",
                                                     "read_files.py")]

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, world.markers)
        case.assertIn("ENTRY id_rsa", outcome.text)

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, world.markers)
        case.assertNotIn("ENTRY id_rsa", outcome.text, "the directory was listed")
        for path in world.markers:
            seen = [int(line.rsplit(None, 1)[1]) for line in outcome.text.splitlines()
                    if line.strip().startswith(path + ": errno ")]
            if self.role != "package":
                case.assertEqual({errno.ENOENT}, set(seen), "%s must not seem to exist" % path)

    def records(self, world):
        return [Record([path]) for path in world.markers]
