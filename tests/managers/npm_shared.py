"""The tests that hold for npm, yarn and pnpm alike."""

import os

from npm_registry import addon_files
from world import read_text

WRITES = "require('fs').writeFileSync('%s', process.env.npm_package_name)\n"


class NpmRegistryTests:
    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0")
        registry.add("st-leaf", "1.1.0", files={"index.js": "module.exports = 'leaf 1.1'\n",
                                                "post.js": WRITES % "post.txt"},
                     scripts={"postinstall": "node post.js"})
        registry.add("@st-scope/middle", "1.2.0", dependencies={"st-leaf": "^1.0.0"},
                     files={"index.js": "module.exports = 'middle, ' + require('st-leaf')\n"})
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
