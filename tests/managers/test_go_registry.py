"""go builds from the module proxy on loopback, cgo included."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from go_case import GoCase  # noqa: E402
from go_proxy import CGO_PACKAGE  # noqa: E402

MAIN = """package main

import (
	"example.com/Middle"
	"example.com/native"
)

func main() { println(native.Answer(), middle.Two()) }
"""


class Go(GoCase):
    def fill_registry(self, registry):
        registry.add("example.com/leaf", "v1.0.0",
                     {"leaf.go": "package leaf\n\nfunc One() int { return 1 }\n"})
        registry.add("example.com/Middle", "v1.1.0", {
            "middle.go": 'package middle\n\nimport "example.com/leaf"\n\n'
                         "func Two() int { return leaf.One() + 1 }\n"},
            {"example.com/leaf": "v1.0.0"})
        registry.add("example.com/native", "v2.0.0+incompatible",
                     {"native.go": CGO_PACKAGE % "native"})
        registry.add("example.com/native", "v1.2.0", {"native.go": CGO_PACKAGE % "native"})

    def test_TransitiveModulesAndCgo(self):
        world, _ = self.manage(
            [self.go, "build", "-o", "program"],
            prepare=lambda world: self.project(world, {"example.com/Middle": "v1.1.0",
                                                       "example.com/native": "v1.2.0"}, MAIN))
        said = self.manage([os.path.join(world.project, "program")], world=world)[1].stderr
        self.assertEqual(b"42 2\n", said)
        self.assertIn("/example.com/leaf/@v/v1.0.0.zip", self.server.requests)
