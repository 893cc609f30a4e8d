"""yarn from 2 on, which runs scripts by a shell of its own: honest and hostile packages."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from npm_hostile import HostilePackages  # noqa: E402
from npm_shared import WRITES, HonestInstallTests  # noqa: E402
from world import read_text, write_file  # noqa: E402


class ModernYarnCase(NpmCase):
    variable = (r"\.yarn-state\.yml$", r"install-state\.gz$")

    def available(self):
        super().available()
        self.npm = manager_tools.fetched_program("yarn-modern")

    def path(self, world):
        return [os.path.dirname(self.npm)]

    def configure(self, world):
        super().configure(world)
        write_file(os.path.join(world.home, ".yarnrc.yml"),
                   'npmRegistryServer: "%s"\nunsafeHttpWhitelist: ["127.0.0.1"]\n'
                   "nodeLinker: node-modules\nenableTelemetry: false\n"
                   % self.server.url)


class Install(HonestInstallTests, ModernYarnCase):
    # Those of yarn 1: native builds and git dependencies are other things here.
    test_GitDependencyIsPrepared = None
    test_ScriptsOfTheProjectItselfWork = None
    test_TransitiveDependenciesAndANativeBuild = None

    def fill_registry(self, registry):
        registry.add("st-leaf", "1.1.0", scripts={"postinstall": "node post.js && echo x > y.txt"},
                     files={"index.js": "module.exports = 'leaf 1.1'\n",
                            "post.js": WRITES % "post.txt"})
        registry.add("st-tool", "2.0.0", bin={"st-tool": "cli.js"}, executable=["cli.js"],
                     dependencies={"st-leaf": "*"}, scripts={"postinstall": "st-tool > said.txt"},
                     files={"cli.js": "#!/usr/bin/env node\nconsole.log(require('st-leaf'))\n"})

    def test_ScriptsOfDependencies(self):
        world, _ = self.honest([self.npm, "install"],
                               prepare=lambda world: self.project(world, {"st-tool": "*"}))
        for name, version in (("st-leaf", "1.1.0"), ("st-tool", "2.0.0")):
            self.assert_ran_as_package(world, name, version)
        said = os.path.join(world.project, "node_modules", "st-tool", "said.txt")
        self.assertEqual("leaf 1.1\n", read_text(said))

    def test_ScriptsOfTheProject(self):
        steps = {"postinstall": "echo post > post.txt", "build": "mkdir -p dist && node make.js"}

        def prepare(world):
            self.project(world, {"st-leaf": "*"}, scripts=steps)
            write_file(os.path.join(world.project, "make.js"), WRITES % "dist/made.txt")

        world, _ = self.honest([self.npm, "install"], prepare=prepare)
        self.manage([self.npm, "run", "build"], True, world=world)
        self.assertEqual("project-of-mine", read_text(os.path.join(world.project, "dist/made.txt")))
        self.assertTrue(self.trace(world).find(safe_trace__role="project"))


class Hostile(HostilePackages, ModernYarnCase):
    cache = "home/.yarn/berry/cache/*.zip"
    other_package = "project/node_modules/st-leaf/index.js"
    programs = ("/usr/bin/node",)

    def fill_registry(self, registry):
        super().fill_registry(registry)
        registry.add("evil-mover", "6.6.5", files=self.files, dependencies={"st-leaf": "*"},
                     scripts={"postinstall": "cd ../.. && node node_modules/evil-mover/evil.js"})

    def test_PostinstallOfADependency(self):
        self.is_stopped([self.npm, "install"], self.needs("evil-direct"), "evil-direct", "6.6.1")

    def test_ScriptThatLeavesItsDirectory(self):
        self.is_stopped([self.npm, "install"], self.needs("evil-mover"), "evil-mover", "6.6.5")
