"""go and the real proxy, where it can be reached."""

import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from live_case import LiveCase  # noqa: E402


class Live(LiveCase):
    where = ("project", "home/go/bin", "home/go/pkg/mod")
    # The checksum database grows between the runs.
    variable = ("cache/lock", "/sumdb/")

    def available(self):
        self.go = manager_tools.system_program("go")

    def probe(self):
        return [self.go, "list", "-m", "golang.org/x/example/hello@latest"]

    def variables(self, world):
        return {"GOTOOLCHAIN": "local"}

    def prepare(self, world):
        try:
            cache = manager_tools.fetched_program("go-cache")
        except unittest.SkipTest:
            return  # it only takes longer
        shutil.copytree(cache, os.path.join(world.home, ".cache", "go-build"))

    def test_InstallsATool(self):
        world = self.same_live([self.go, "install", "golang.org/x/example/hello@latest"])
        self.assertTrue(os.path.exists(os.path.join(world.home, "go", "bin", "hello")))
