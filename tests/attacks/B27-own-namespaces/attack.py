"""B27: mount, chroot and pivot_root in namespaces of its own."""
import os
import re
import shutil
import subprocess

import environment
from attack import AttackBase, Step


class Attack(AttackBase):
    row = "B27"
    title = "own namespaces"

    def available(self):
        unshare = shutil.which("unshare")
        if unshare and subprocess.run([unshare, "-Ur", "true"], stderr=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL).returncode != 0:
            environment.skip("this machine gives no user namespaces", kernel_could=True)

    def steps(self, world):
        return [Step("namespaces-static", [world.home])]

    @staticmethod
    def _leaks(outcome):
        return set(re.findall(r"^\s*([\w-]+): LEAK", outcome.text, re.MULTILINE))

    def succeeded(self, case, world, outcome):
        wanted = {"bind", "open_tree", "chroot", "pivot"}
        if os.geteuid() == 0:
            wanted.add("plain-chroot")
        case.assertEqual(wanted, self._leaks(outcome), outcome.describe())
        case.assertIn("tmpfs: mounted", outcome.text)

    def stopped(self, case, world, outcome):
        case.assertEqual(set(), self._leaks(outcome), outcome.describe())
        self.assert_kept(case, outcome, {"id_rsa": world.marker_of(".ssh/id_rsa")})
        case.assertNotIn("tmpfs: mounted", outcome.text)
        case.assertNotIn("child of a new namespace", outcome.text)
