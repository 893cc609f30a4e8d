"""Base of the Go tests."""

import os
import shutil
import unittest

import manager_tools
from go_proxy import GoProxy, go_mod
from manager_case import ManagerCase
from world import write_file


TRIED_SINCE = (1, 21)


class GoCase(ManagerCase):
    names_only = (r"^program$",)
    warm = True  # the home of someone who has compiled before

    def available(self):
        self.go = manager_tools.system_program("go")
        version = manager_tools.version_of([self.go, "version"], {
            "PATH": manager_tools.SYSTEM_PATH, "HOME": "/nonexistent", "GOTOOLCHAIN": "local"})
        if version < TRIED_SINCE:
            raise unittest.SkipTest("these tests were tried with go %d.%d and newer, this is %d.%d"
                                    % (*TRIED_SINCE, *version))

    def make_registry(self):
        self.registry = GoProxy(self.folder, self.server.url)

    def path(self, world):
        return [os.path.dirname(self.go)]

    def configure(self, world):
        # As `go env -w` writes it. The module cache (~/go) and the build cache lie in the home.
        write_file(os.path.join(world.home, ".config", "go", "env"), "".join(
            "%s=%s\n" % item for item in self.registry.variables().items()))
        if self.warm:
            try:
                cache = manager_tools.fetched_program("go-cache")
            except unittest.SkipTest:
                return  # it only takes longer
            shutil.copytree(cache, os.path.join(world.home, ".cache", "go-build"))

    @staticmethod
    def project(world, requires, main, **files):
        """A module with a program; `files`: more Go files, without ".go"."""
        write_file(os.path.join(world.project, "go.mod"), go_mod("example.com/mine", requires))
        write_file(os.path.join(world.project, "main.go"), main)
        for name, content in files.items():
            write_file(os.path.join(world.project, name + ".go"), content)
