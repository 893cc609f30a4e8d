"""Places that only a manager's own configuration names: it works as bare, and a place that holds
credentials or start-up files is not opened by such a line."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from cargo_case import CargoCase  # noqa: E402
from cargo_registry import native_files  # noqa: E402
from go_case import GoCase  # noqa: E402
from npm_case import NpmCase, PnpmCase, YarnCase  # noqa: E402
from python_case import UvCase, fill_small_index  # noqa: E402
from world import read_text, write_file  # noqa: E402


class Places:
    def add_line(self, world, path, text):
        """To a file of the home."""
        path = os.path.join(world.home, path)
        before = read_text(path) if os.path.exists(path) else ""
        write_file(path, before + text, 0o600)

    def honest(self, argv, prepare=None, made=(), **how):
        """`made` lies in the home afterwards. Returns the supervised world."""
        def check(world, _):
            for name in made:
                self.assertTrue(os.path.exists(os.path.join(world.home, name)), name)

        world, _ = self.same_managed(argv, prepare, check, **how)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        trace = self.trace(world)
        self.assertEqual([], trace.find(event__kind="alert"), trace.describe())
        return world

    def guarded(self, argv, prepare, planted, **how):
        """Bare, the manager makes `planted` (in the home); supervised it is refused."""
        world, _ = self.manage(argv, False, prepare, status=None, **how)
        self.assertTrue(os.path.exists(os.path.join(world.home, planted)), "bare, it does nothing")
        world, outcome = self.manage(argv, True, prepare, status=None, **how)
        self.assertFalse(os.path.exists(os.path.join(world.home, planted)), outcome.describe())
        return outcome


class Node(Places):
    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0", bin={"st-leaf": "cli.js"}, executable=["cli.js"],
                     files={"cli.js": "#!/usr/bin/env node\nconsole.log('leaf')\n",
                            "post.js": "require('fs').writeFileSync('made.txt', 'made')\n"},
                     scripts={"postinstall": "node post.js"})

    def needs_leaf(self, world):
        self.project(world, {"st-leaf": "*"})


class Npm(Node, NpmCase):
    where = ("project", "home/tools")

    def prepare(self, line):
        def made(world):
            os.makedirs(os.path.join(world.home, "tools"), exist_ok=True)
            self.needs_leaf(world)
            self.add_line(world, ".npmrc", line)
        return made

    def test_CacheAndPrefixOfTheUsersFile(self):
        self.honest(["npm", "install"], self.prepare("cache=~/kept/cache\n"),
                    ["kept/cache/_cacache"])
        self.honest(["npm", "install", "-g", "st-leaf"], self.prepare("prefix=~/tools\n"),
                    ["tools/bin/st-leaf", "tools/lib/node_modules/st-leaf/made.txt"])

    def test_APrefixWhoseProgramsShellsFind(self):
        self.honest(["npm", "install", "-g", "st-leaf"], self.prepare("prefix=~/.local\n"),
                    [".local/bin/st-leaf"])

    def test_ACacheOverStartUpFilesIsNotOpened(self):
        self.guarded(["npm", "install"], self.prepare("cache=~/.config/autostart\n"),
                     ".config/autostart/_cacache")
        self.guarded(["npm", "install"], self.prepare("cache=~/.ssh\n"), ".ssh/_cacache")

    def test_AProjectsFileOpensNothingOutsideTheProject(self):
        def prepare(world):
            self.needs_leaf(world)
            write_file(os.path.join(world.project, ".npmrc"),
                       "cache=%s/Documents/cache\n" % world.home)
        outcome = self.guarded(["npm", "install"], prepare, "Documents/cache")
        self.assertIn(b"places outside the project that it names are ignored: "
                      b"~/Documents/cache", outcome.stderr)

        def trusted(world):
            prepare(world)
            if environment.safe_trace():
                self.use(world, [environment.safe_trace(), "policy", "trust", ".npmrc"])
        self.honest(["npm", "install"], trusted, ["Documents/cache"])


class Yarn(Node, YarnCase):
    def configure(self, world):
        super().configure(world)
        write_file(os.path.join(world.home, ".yarnrc"),
                   'registry "%s"\ncache-folder "./kept"\ndisable-self-update-check true\n'
                   % self.server.url)

    def test_CacheFolderBesideTheUsersFile(self):
        self.honest([self.npm, *self.install], self.needs_leaf, ["kept"])


class Pnpm(Node, PnpmCase):
    def test_StoreAndCacheOfTheUsersFile(self):
        def prepare(world):
            self.needs_leaf(world)
            write_file(os.path.join(world.home, ".config", "pnpm", "config.yaml"),
                       "storeDir: %s/kept/store\ncacheDir: %s/kept/cache\n"
                       % (world.home, world.home))
        self.honest([self.npm, *self.install], prepare, ["kept/store"])


class Cargo(Places, CargoCase):
    where = ("project",)
    target = None  # CARGO_TARGET_DIR, in the home

    def variables(self, world):
        return {"CARGO_TARGET_DIR": os.path.join(world.home, self.target)} if self.target else {}

    def fill_registry(self, registry):
        registry.add("st-native", "2.0.0", native_files())

    def prepare(self, line=""):
        def made(world):
            self.project(world, {"st-native": "2"}, "fn main() { st_native::answer(); }\n",
                         build_rs='fn main() { println!("cargo:rustc-env=MADE=made"); }\n')
            self.add_line(world, ".cargo/config.toml", line)
        return made

    def test_TargetDirectoryOfTheUsersFile(self):
        self.honest([self.cargo, "build"], self.prepare('\n[build]\ntarget-dir = "kept"\n'),
                    ["kept/debug/project-of-mine"])

    def test_TargetDirectoryOfAVariable(self):
        self.target = "deep/kept"
        self.honest([self.cargo, "build"], self.prepare(), ["deep/kept/debug/project-of-mine"])

    def test_TargetDirectoryOfAnOption(self):
        self.honest(lambda world: [self.cargo, "build", "--target-dir",
                                   os.path.join(world.home, "kept")],
                    self.prepare(), ["kept/debug/project-of-mine"])


class Go(Places, GoCase):
    where = ("project",)

    def fill_registry(self, registry):
        registry.add("example.com/leaf", "v1.0.0",
                     {"leaf.go": "package leaf\n\nfunc One() int { return 1 }\n"})

    def test_PathAndProgramsOfTheUsersFile(self):
        def prepare(world):
            self.project(world, {"example.com/leaf": "v1.0.0"},
                         'package main\n\nimport "example.com/leaf"\n\n'
                         "func main() { println(leaf.One()) }\n")
            self.add_line(world, ".config/go/env", "GOPATH=%s/kept\nGOBIN=%s/tools\n"
                          % (world.home, world.home))
        self.honest([self.go, "install", "."], prepare,
                    ["kept/pkg/mod/example.com/leaf@v1.0.0", "tools/mine"])


class Uv(Places, UvCase):
    def configure(self, world):
        super().configure(world)
        path = os.path.join(world.home, ".config", "uv", "uv.toml")
        write_file(path, 'cache-dir = "%s/kept"\n%s' % (world.home, read_text(path)))

    def fill_registry(self, registry):
        fill_small_index(registry)

    def test_CacheDirectoryOfTheUsersFile(self):
        def prepare(world):
            self.use(world, ["uv", "venv", "--python", "/usr/bin/python3"])
        self.honest(["uv", "pip", "install", "st-native"], prepare, ["kept"])
