"""Base of the gem tests."""

import os
import subprocess

import manager_tools
from gem_registry import GemRegistry
from manager_case import ManagerCase
from world import write_file


class GemCase(ManagerCase):
    where = ("project", "home/.local/share/gem")
    variable = (r"mkmf\.log$", r"gem_make\.out$", r"\.time$", r"specs/")
    names_only = (r"\.so$", r"\.o$", r"Makefile$")

    def available(self):
        self.ruby = manager_tools.system_program("ruby")
        self.gem = manager_tools.system_program("gem")

    def make_registry(self):
        self.registry = GemRegistry(self.folder, self.server.url)

    def setUp(self):
        super().setUp()
        self.registry.write(self.ruby, self.index.env())

    def configure(self, world):
        # Into the home also for root, for whom gem would write in /var/lib.
        write_file(os.path.join(world.home, ".gemrc"),
                   ":sources:\n- %s\ninstall: --user-install --no-document\n" % self.registry.url)

    def variables(self, world):
        # Where it may write there, gem keeps what it fetched in the system's own directory, and
        # takes it from there the next time.
        if os.geteuid() != 0:
            return {}
        said = subprocess.run([self.ruby, "-e", "print Gem.user_dir"], env=world.env(), check=True,
                              stdout=subprocess.PIPE, timeout=60)
        return {"GEM_HOME": said.stdout.decode()}

    def loaded(self, world, script):
        """What ruby prints for `script`."""
        return self.use(world, [self.ruby, "-e", script])
