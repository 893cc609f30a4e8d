"""pnpm with `shellEmulator`, where no shell is started for a script: the same hostile packages."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import PnpmCase  # noqa: E402
from npm_hostile import HostilePackages  # noqa: E402
from world import read_text, write_file  # noqa: E402


class Hostile(HostilePackages, PnpmCase):
    cache = "home/.cache/pnpm/*/metadata/*/st-leaf*"
    other_package = "project/node_modules/.pnpm/st-leaf@1.1.0/node_modules/st-leaf/index.js"
    programs = ("/usr/bin/node",)
    with_headers = False

    def project(self, world, dependencies, name="project-of-mine", **fields):
        super().project(world, dependencies, name, **fields)
        settings = os.path.join(world.project, "pnpm-workspace.yaml")
        write_file(settings, read_text(settings) + "shellEmulator: true\n")

    def fill_registry(self, registry):
        super().fill_registry(registry)
        registry.add("evil-mover", "6.6.5", files=self.files, dependencies={"st-leaf": "*"},
                     scripts={"postinstall": "cd .. && node evil-mover/evil.js"})

    def test_PostinstallOfADependency(self):
        self.is_stopped([self.npm, "install"], self.needs("evil-direct"), "evil-direct", "6.6.1")

    def test_ScriptThatLeavesItsDirectory(self):
        self.is_stopped([self.npm, "install"], self.needs("evil-mover"), "evil-mover", "6.6.5")
