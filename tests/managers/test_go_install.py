"""go, supervised without configuration: it builds, runs, tests and installs as it does bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from go_case import GoCase  # noqa: E402
from go_proxy import CGO_PACKAGE  # noqa: E402
from world import write_file  # noqa: E402

REQUIRES = {"example.com/Middle": "v1.1.0", "example.com/native": "v1.2.0"}
MAIN = """package main

import (
	"example.com/Middle"
	"example.com/native"
)

//go:generate sh -c "echo generated > generated.txt"
func main() { println(native.Answer(), middle.Two()) }
"""
TEST = 'package main\n\nimport "testing"\n\nfunc TestOne(t *testing.T) { main() }\n'
TOOL = 'package main\n\nimport "example.com/native"\n\nfunc main() { println(native.Answer()) }\n'


class Install(GoCase):
    where = ("project", "home/go")
    # Binaries hold the path of the build, checksums of the cache are of one time.
    names_only = GoCase.names_only + (r"^bin/", r"cache/lock$")

    def fill_registry(self, registry):
        registry.add("example.com/leaf", "v1.0.0",
                     {"leaf.go": "package leaf\n\nfunc One() int { return 1 }\n"})
        registry.add("example.com/Middle", "v1.1.0", {
            "middle.go": 'package middle\n\nimport "example.com/leaf"\n\n'
                         "func Two() int { return leaf.One() + 1 }\n"},
            {"example.com/leaf": "v1.0.0"})
        registry.add("example.com/native", "v1.2.0", {"native.go": CGO_PACKAGE % "native"})
        registry.add("example.com/tool", "v1.3.0", {"main.go": TOOL},
                     {"example.com/native": "v1.2.0"})

    def quiet(self, world):
        self.assertEqual([], self.trace(world).find(event__kind="alert"))

    def prepare(self, world):
        self.project(world, REQUIRES, MAIN, main_test=TEST)

    def says(self, world):
        return self.manage([os.path.join(world.project, "program")], world=world)[1].stderr

    def test_TransitiveModulesAndCgo(self):
        world, _ = self.same_managed([self.go, "build", "-o", "program"], self.prepare)
        self.assertEqual(b"42 2\n", self.says(world))
        self.quiet(world)
        self.assertTrue(self.package_events(world, "example.com/native", "v1.2.0"))

    def test_GenerateAndRun(self):
        world, outcome = self.same_managed(
            ["sh", "-c", "%s generate ./... && %s run ." % (self.go, self.go)], self.prepare,
            lambda world, outcome: self.assertIn(b"42 2\n", outcome.stderr),
            options=("run", "--"))
        self.quiet(world)
        self.assertTrue(os.path.exists(os.path.join(world.project, "generated.txt")))
        self.assertTrue(self.trace(world).find(safe_trace__role="project"))

    def test_InstallOfAVersion(self):
        world, _ = self.same_managed([self.go, "install", "example.com/tool@v1.3.0"])
        program = os.path.join(world.home, "go/bin/tool")
        self.assertEqual(b"42\n", self.manage([program], world=world)[1].stderr)
        self.quiet(world)

    def test_RunOfAVersionIsNamed(self):
        world, _ = self.same_managed(
            [self.go, "run", "example.com/tool@v1.3.0"], None,
            lambda world, outcome: self.assertIn(b"42\n", outcome.stderr))
        self.quiet(world)
        self.assertTrue(self.package_events(world, "example.com/tool", "v1.3.0"))

    def test_StartedByMakeWithTheProxyInAFolder(self):
        def prepare(world):
            self.prepare(world)
            write_file(os.path.join(world.project, "Makefile"),
                       "all:\n\tGOPROXY=file://%s %s build -o program\n" % (self.folder, self.go))

        world, _ = self.same_managed(["make"], prepare, options=("run", "--"))
        self.assertEqual(b"42 2\n", self.says(world))
        self.assertEqual([], self.server.requests)
        self.quiet(world)
        self.assertTrue(self.package_events(world, "example.com/native", "v1.2.0"))
