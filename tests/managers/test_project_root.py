"""Started below the root of a project, every manager does as bare: lock files, what is installed and
what is built lie in the root. A package's own code still writes in its build directories alone."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
import manager_tools  # noqa: E402
from cargo_case import CargoCase  # noqa: E402
from cargo_registry import cargo_toml, native_files  # noqa: E402
from gem_case import GemCase  # noqa: E402
from go_case import GoCase  # noqa: E402
from go_proxy import CGO_PACKAGE, go_mod  # noqa: E402
from npm_case import NpmCase, PnpmCase, YarnCase  # noqa: E402
from npm_registry import package_json  # noqa: E402
from packages import SETUPTOOLS_BACKEND  # noqa: E402
from python_case import PoetryCase, UvCase, fill_small_index  # noqa: E402
from world import write_file  # noqa: E402


class BelowTheRoot:
    """Mixed into a manager's base."""

    def in_project(self, world, *path):
        return os.path.join(world.project, *path)

    def honest(self, argv, below, prepare, made=(), **how):
        """`made` lies in the project's root afterwards. Returns the supervised world."""
        def check(world, _):
            for name in made:
                self.assertTrue(os.path.exists(self.in_project(world, name)), name)

        world, _ = self.same_managed(argv, prepare, check,
                                     cwd=lambda world: self.in_project(world, below), **how)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        trace = self.trace(world)
        self.assertEqual([], trace.find(event__kind="alert"), trace.describe())
        return world

    def stopped(self, argv, below, prepare, planted, name, version):
        """A package's code that writes `planted` in the root does so bare, and not supervised."""
        def where(world):
            return self.in_project(world, below)

        world, _ = self.manage(argv, False, prepare, cwd=where)
        self.assertTrue(os.path.exists(self.in_project(world, planted)), "bare, it does nothing")
        world, _ = self.manage(argv, True, prepare, cwd=where, status=120)
        self.assertFalse(os.path.exists(self.in_project(world, planted)))
        alarms = [event for event in self.package_events(world, name, version)
                  if event.get("event.kind") == "alert"
                  and event.get("file.path") == self.in_project(world, planted)]
        self.assertTrue(alarms, self.trace(world).describe())


class Cargo(BelowTheRoot, CargoCase):
    evil = '''fn main() {
    let target = std::env::var("OUT_DIR").unwrap();
    let root = target.split("/target/").next().unwrap();
    let _ = std::fs::write(format!("{}/planted.txt", root), "planted");
    std::fs::write(format!("{}/own.txt", target), "own").unwrap();
}
'''

    def fill_registry(self, registry):
        registry.add("st-native", "2.0.0", native_files())
        registry.add("st-evil", "6.6.0", {"build.rs": self.evil, "src/lib.rs": ""})

    def workspace(self, dependencies):
        def prepare(world):
            write_file(self.in_project(world, "Cargo.toml"),
                       '[workspace]\nmembers = ["crates/one"]\n')
            one = self.in_project(world, "crates", "one")
            write_file(os.path.join(one, "Cargo.toml"), cargo_toml("one", "0.1.0", dependencies))
            write_file(os.path.join(one, "src", "main.rs"), "fn main() {}\n")
            write_file(os.path.join(one, "build.rs"), 'fn main() { std::fs::write("made.txt", '
                                                      '"made").unwrap(); }\n')
        return prepare

    def test_AWorkspaceIsBuiltFromAMembersSources(self):
        self.honest([self.cargo, "build"], "crates/one/src", self.workspace({"st-native": "2"}),
                    ["target", "Cargo.lock", "crates/one/made.txt"])

    def test_ABuildScriptWritesNothingInTheWorkspacesRoot(self):
        self.stopped([self.cargo, "build"], "crates/one", self.workspace({"st-evil": "6"}),
                     "planted.txt", "st-evil", "6.6.0")

    def test_AScriptsManagerFindsTheRootInTheProjectOfTheRun(self):
        script = self.in_project  # the shell is started in the root, cargo is not
        def prepare(world):
            self.workspace({"st-native": "2"})(world)
            write_file(script(world, "build.sh"), "cd crates/one/src && exec cargo build\n")
        world, _ = self.same_managed(["sh", "build.sh"], prepare)
        if environment.safe_trace():
            self.assertEqual([], self.trace(world).find(event__kind="alert"))


class NodeTests(BelowTheRoot):
    """For npm, yarn and pnpm."""

    plant = ("const fs = require('fs'), path = require('path')\n"
             "fs.writeFileSync('own.txt', 'own')\n"
             "const root = process.cwd().split('/node_modules/')[0]\n"
             "try { fs.writeFileSync(path.join(root, 'planted.txt'), 'planted') } catch (e) {}\n")

    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0", files={
            "post.js": "require('fs').writeFileSync('made.txt', 'made')\n"},
            scripts={"postinstall": "node post.js"})
        registry.add("st-evil", "6.6.0", files={"post.js": self.plant},
                     scripts={"postinstall": "node post.js"})

    def alone(self, dependencies):
        def prepare(world):
            self.project(world, dependencies)
            os.mkdir(self.in_project(world, "src"))
        return prepare

    def workspace(self, world):
        self.project(world, {}, private=True, workspaces=["packages/*"])
        write_file(self.in_project(world, "packages", "one", "package.json"),
                   package_json("one", "0.1.0", dependencies={"st-leaf": "*"},
                                scripts={"prepare": "echo made > made.txt"}))

    def test_AProjectIsInstalledFromItsSources(self):
        self.honest([self.npm, *self.install], "src", self.alone({"st-leaf": "*"}),
                    ["node_modules/st-leaf/made.txt"])

    def test_AWorkspaceIsInstalledFromAMember(self):
        self.honest([self.npm, *self.install], "packages/one", self.workspace, ["node_modules"])

    def test_AScriptOfAPackageWritesNothingInTheRoot(self):
        self.stopped([self.npm, *self.install], "src", self.alone({"st-evil": "*"}),
                     "planted.txt", "st-evil", "6.6.0")


class Npm(NodeTests, NpmCase):
    pass


class Yarn(NodeTests, YarnCase):
    pass


class Pnpm(NodeTests, PnpmCase):
    def workspace(self, world):
        super().workspace(world)
        write_file(self.in_project(world, "pnpm-workspace.yaml"),
                   "packages:\n- packages/*\ndangerouslyAllowAllBuilds: true\n")


class Go(BelowTheRoot, GoCase):
    names_only = GoCase.names_only + (r"/tool$",)
    main = ('package main\n\nimport "example.com/native"\n\n'
            "func main() { println(native.Answer()) }\n")

    def fill_registry(self, registry):
        registry.add("example.com/native", "v1.2.0", {"native.go": CGO_PACKAGE % "native"})

    def module(self, world):
        write_file(self.in_project(world, "go.mod"), go_mod("example.com/mine"))
        write_file(self.in_project(world, "tool", "main.go"), self.main)

    def test_AModuleIsBuiltFromAPackagesDirectory(self):
        self.honest([self.go, "build"], "tool", self.module, ["go.sum", "tool/tool"])

    def test_AWorkspaceOfModulesIsBuiltFromOne(self):
        def prepare(world):
            write_file(self.in_project(world, "go.work"), "go 1.21\n\nuse ./tool\n")
            write_file(self.in_project(world, "tool", "go.mod"),
                       go_mod("example.com/tool", {"example.com/native": "v1.2.0"}, "1.21"))
            write_file(self.in_project(world, "tool", "main.go"), self.main)
        # -mod=mod and workspaces exclude each other.
        self.honest([self.go, "build"], "tool", prepare, ["go.work.sum", "tool/tool"],
                    env={"GOFLAGS": "-mod=readonly"})


class Uv(BelowTheRoot, UvCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_AProjectIsSyncedFromItsSources(self):
        def prepare(world):
            write_file(self.in_project(world, "pyproject.toml"),
                       '[project]\nname = "mine"\nversion = "0.1"\nrequires-python = ">=3.9"\n'
                       'dependencies = ["st-native"]\n' + SETUPTOOLS_BACKEND
                       + '[tool.setuptools]\npy-modules = ["mine"]\n')
            write_file(self.in_project(world, "mine.py"), "m = 1\n")
            os.mkdir(self.in_project(world, "src"))
        self.honest(["uv", "sync", "--python", "/usr/bin/python3"], "src", prepare,
                    [".venv", "uv.lock"])

    def test_AWorkspaceIsSyncedFromAMember(self):
        def prepare(world):
            head = '[project]\nname = "%s"\nversion = "0.1"\nrequires-python = ">=3.9"\n'
            write_file(self.in_project(world, "pyproject.toml"),
                       head % "all" + '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
            write_file(self.in_project(world, "packages", "one", "pyproject.toml"),
                       head % "one" + 'dependencies = ["st-leaf"]\n')
        self.honest(["uv", "sync", "--python", "/usr/bin/python3"], "packages/one", prepare,
                    [".venv", "uv.lock"])


class Poetry(BelowTheRoot, PoetryCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_AProjectIsInstalledFromItsSources(self):
        def prepare(world):
            self.project(world, {"st-leaf": "*"})
            os.mkdir(self.in_project(world, "src"))
            if environment.safe_trace():
                self.use(world, [environment.safe_trace(), "policy", "trust", "pyproject.toml"])
        self.honest([self.poetry, "install", "-n"], "src", prepare, [".venv", "poetry.lock"])


class Bundler(BelowTheRoot, GemCase):
    where = ("project",)
    variable = GemCase.variable + (r"\.bundle/",)

    def available(self):
        super().available()
        self.bundle = manager_tools.system_program("bundle3.1")

    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0", {"lib/st_leaf.rb": "LEAF = 1\n"})

    def test_ABundleIsInstalledFromBelow(self):
        def prepare(world):
            write_file(self.in_project(world, "Gemfile"),
                       'source "%s"\ngem "st-leaf"\n' % self.registry.url)
            write_file(self.in_project(world, ".bundle", "config"),
                       '---\nBUNDLE_PATH: "vendor"\n')
            os.mkdir(self.in_project(world, "src"))
        self.honest([self.bundle, "install"], "src", prepare, ["Gemfile.lock", "vendor"])
