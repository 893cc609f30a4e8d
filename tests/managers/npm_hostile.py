"""Hostile packages in every form that npm, yarn and pnpm run."""

import os

from hostile_code import HostileCode
from world import write_file

# What node itself tries; then the payload. It must not fail, or the install would.
EVIL_JS = r'''
const fs = require('fs'), path = require('path'), child = require('child_process');
try { fs.readFileSync(path.join(process.env.HOME, '.aws/credentials')); } catch (error) {}
child.spawnSync('python3', [path.join(__dirname, 'payload.py')], {stdio: 'inherit'});
'''
EVIL_GYP = """{"variables": {"out": "<!(python3 payload.py > said.txt; echo done)"},
 "targets": [{"target_name": "addon", "type": "none", "defines": ["X=<(out)"]}]}
"""


class HostilePackages(HostileCode):
    """Before a case of npm, yarn or pnpm. `other_package` and `cache` are what lies in the world
    when a script of a dependency runs: patterns beneath the world."""

    def fill_registry(self, registry):
        self.victims = (self.other_package, self.cache)
        self.start_sink()
        files = {"evil.js": EVIL_JS, "payload.py": self.payload(), "index.js": ""}
        leaf = {"st-leaf": "*"}
        registry.add("st-leaf", "1.1.0", files={"index.js": "module.exports = 'leaf'\n"})
        registry.add("evil-direct", "6.6.1", files=files, dependencies=leaf,
                     scripts={"postinstall": "node evil.js"})
        registry.add("@st-scope/evil", "6.6.2", files=files, dependencies=leaf,
                     scripts={"preinstall": "node evil.js"})
        registry.add("st-facade", "1.0.0", dependencies={"@st-scope/evil": "*"})
        registry.add("evil-gyp", "6.6.3", dependencies=leaf,
                     files={"binding.gyp": EVIL_GYP, "payload.py": self.payload(),
                            "index.js": ""})
        registry.add("evil-tool", "6.6.4", dependencies=leaf, bin={"evil-tool": "cli.js"},
                     executable=["cli.js"],
                     files=dict(files, **{"cli.js": "#!/usr/bin/env node\n" + EVIL_JS}))
        self.files = files

    def refused(self, world):
        # Package code cannot list the cache, so it finds no file there to name.
        folder = os.path.join(world.root, self.cache.split("/*")[0])
        return [path for path in self.targets(world) if not path.startswith(folder)] + [folder]

    def needs(self, *names):
        return lambda world: self.project(world, {name: "*" for name in names})


class HostileDependencyTests(HostilePackages):
    def test_PostinstallOfADependency(self):
        self.is_stopped([self.npm, *self.install], self.needs("evil-direct"),
                        "evil-direct", "6.6.1")

    def test_ScopedDependencyOfADependency(self):
        self.is_stopped([self.npm, *self.install], self.needs("st-facade"),
                        "@st-scope/evil", "6.6.2")

    def test_GypFileOfADependency(self):
        self.is_stopped([self.npm, *self.install], self.needs("evil-gyp"), "evil-gyp", "6.6.3")


class HostileStartTests(HostilePackages):
    """Code that begins elsewhere than in the project's own install."""

    def tool_is_stopped(self, words):
        # What the user asked to run is no package: the status stays its own.
        self.victims = (self.cache,)
        self.is_stopped(words, lambda world: None, "evil-tool", "", role="project", status=0)

    def program_is_stopped(self, words):
        """What a package of the project brought, run by the manager's `exec`."""
        def prepare(world):
            self.needs("evil-tool")(world)
            self.manage([self.npm, *self.install, "--ignore-scripts"], world=world)

        self.victims = (self.cache,)
        self.is_stopped(words, prepare, "", "", role="project", status=0)

    def test_PrepareOfAGitDependency(self):
        self.victims = (self.cache,)
        wanted = self.git_dependency("evil-git", self.files, scripts={"prepare": "node evil.js"},
                                     devDependencies={"st-leaf": "*"})
        self.is_stopped([self.npm, *self.install],
                        lambda world: self.project(world, {"evil-git": wanted, "st-leaf": "*"}),
                        "evil-git", "3.0.0")

    def is_stopped_below(self, words):
        def prepare(world):
            self.needs("evil-direct")(world)
            write_file(os.path.join(world.project, "Makefile"),
                       "all:\n\t%s install\n" % self.npm)
        self.is_stopped(words, prepare, "evil-direct", "6.6.1", options=["run", "--"])

    def test_BelowAShell(self):
        self.is_stopped_below(["sh", "-c", "%s install && true" % self.npm])

    def test_BelowMake(self):
        self.is_stopped_below(["make"])
