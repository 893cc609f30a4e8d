"""B23: the same file by other names: links, renames, descriptors, spellings."""
import os
import re

from attack import AttackBase, Record, Step

TECHNIQUES = """hard-link o-path-reopen o-path-link dev-fd-reopen symlink symlink-directory
symlink-directory-dots rename-file rename-directory rename-home rename-exchange openat-home
openat2-beneath openat2-in-root openat-o-path fchdir-o-path proc-self-cwd chdir proc-root
thread-root slashes dot dotdot task-root double-slash dots 4k-path relative read-write flags
splice""".split()


class Attack(AttackBase):
    row = "B23"
    title = "other names of a file"

    def prepare(self, world):
        self.path = os.path.join(world.home, ".ssh/id_rsa")
        self.marker = world.markers[self.path]

    def steps(self, world):
        return [Step("names-static", [world.home, ".ssh", "id_rsa"])]

    def _leaks(self, outcome):
        pattern = r"^\s*([\w-]+): LEAK [^\n]*\n\s*%s" % self.marker
        return [name for name in re.findall(pattern, outcome.text, re.MULTILINE)]

    def succeeded(self, case, world, outcome):
        case.assertEqual(TECHNIQUES, sorted(self._leaks(outcome), key=TECHNIQUES.index),
                         outcome.describe())
        case.assertTrue(os.path.exists(self.path), "it was moved back")

    def stopped(self, case, world, outcome):
        case.assertEqual([], self._leaks(outcome), outcome.describe())
        case.assertFalse(outcome.holds(self.marker), outcome.describe())
        case.assertTrue(os.path.exists(self.path), "the file is where it was")

    def records(self, world):
        return [Record([self.path])]
