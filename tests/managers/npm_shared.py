"""The tests that hold for npm, yarn and pnpm alike."""

import os

import environment
from npm_registry import addon_files
from world import read_text

WRITES = "require('fs').writeFileSync('%s', process.env.npm_package_name)\n"

# Packages with a program for each machine take it from the one that has it.
TAKE = """
const fs = require('fs'), from = require.resolve('st-leaf/run.sh');
try { fs.linkSync(from, 'taken.sh'); } catch (error) { fs.copyFileSync(from, 'taken.sh'); }
"""


class NpmRegistryTests:
    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0")
        registry.add("st-leaf", "1.1.0", files={"index.js": "module.exports = 'leaf 1.1'\n",
                                                "post.js": WRITES % "post.txt",
                                                "run.sh": "#!/bin/sh\necho ran > ran.txt\n"},
                     executable=["run.sh"], scripts={"postinstall": "node post.js && ./run.sh"})
        registry.add("@st-scope/middle", "1.2.0", dependencies={"st-leaf": "^1.0.0"},
                     files={"index.js": "module.exports = 'middle, ' + require('st-leaf')\n",
                            "take.js": TAKE}, scripts={"postinstall": "node take.js"})
        registry.add("st-tool", "2.0.0", bin={"st-tool": "cli.js"}, executable=["cli.js"],
                     dependencies={"@st-scope/middle": "*"},
                     files={"cli.js": "#!/usr/bin/env node\n"
                                      "console.log('tool, ' + require('@st-scope/middle'))\n"})
        registry.add("st-native", "3.0.0", files=addon_files())

    def prepare(self, world):
        self.project(world, {"st-tool": "^2.0.0", "st-native": "3.0.0"})

    def test_TransitiveDependenciesAndANativeBuild(self):
        world, _ = self.manage([self.npm, *self.install], prepare=self.prepare)
        self.assertEqual("42", self.installed(world, "require('st-native')()"))
        tool = os.path.join(world.project, "node_modules", ".bin", "st-tool")
        self.assertEqual("tool, middle, leaf 1.1", self.use(world, [tool]))
        self.assertIn("/st-leaf/-/st-leaf-1.1.0.tgz", self.server.requests)

    def test_GitDependencyIsPrepared(self):
        wanted = self.git_dependency("st-git", {"prepare.js": WRITES % "prepared.txt"},
                                     scripts={"prepare": "node prepare.js"})
        world, _ = self.manage(
            [self.npm, *self.install],
            prepare=lambda world: self.project(world, {"st-git": wanted}))
        prepared = os.path.join(world.project, "node_modules", "st-git", "prepared.txt")
        self.assertEqual("st-git", read_text(prepared))


class HonestInstallTests(NpmRegistryTests):
    """The same, supervised: nothing differs, and nothing is refused as a violation."""

    def honest(self, argv, prepare=None, **how):
        """Returns the supervised (world, outcome)."""
        world, outcome = self.same_managed(argv, prepare, **how)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        trace = self.trace(world)
        self.assertEqual([], trace.find(event__kind="alert"), trace.describe())
        return world, outcome

    def assert_ran_as_package(self, world, name, version):
        started = [event for event in self.package_events(world, name, version)
                   if event.get("safe_trace.role") == "package"]
        self.assertTrue(started, "%s@%s is not named in %s" % (name, version,
                                                               self.trace(world).path))

    def test_TransitiveDependenciesAndANativeBuild(self):
        world, _ = self.honest([self.npm, *self.install], prepare=self.prepare)
        self.assertEqual("42", self.installed(world, "require('st-native')()"))
        for name, version in (("st-leaf", "1.1.0"), ("st-native", "3.0.0")):
            self.assert_ran_as_package(world, name, version)

    def test_GitDependencyIsPrepared(self):
        wanted = self.git_dependency(
            "st-git", {"prepare.js": WRITES % "prepared.txt", "post.js": WRITES % "post.txt"},
            scripts={"prepare": "node prepare.js", "postinstall": "node post.js"},
            devDependencies={"st-leaf": "*"})
        world, _ = self.honest([self.npm, *self.install],
                               prepare=lambda world: self.project(world, {"st-git": wanted}))
        for name, version in (("st-git", "3.0.0"), ("st-leaf", "1.1.0")):
            self.assert_ran_as_package(world, name, version)

    def test_ScriptsOfTheProjectItselfWork(self):
        steps = {name: "echo %s >> log.txt && mkdir -p dist && cp package.json dist/%s" % (name, name)
                 for name in ("preinstall", "install", "postinstall", "prepare", "build")}

        def prepare(world):
            self.project(world, {"st-leaf": "*"}, scripts=steps)

        world, _ = self.honest([self.npm, *self.install], prepare=prepare)
        self.assertIn("postinstall", read_text(os.path.join(world.project, "log.txt")))
        self.honest([self.npm, "run", "build"], prepare=prepare)
