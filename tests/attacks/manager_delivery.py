"""Attacks that arrive in a package which another manager than pip installs, builds or runs.

One package holds all attacks of an entry, and one command of the manager starts them. Each delivery
is a case of tests/managers: its registry on loopback, and a home as its users set it up.
"""

import glob
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "managers"))

import bundle  # noqa: E402
import environment  # noqa: E402
import processes  # noqa: E402
from cargo_case import CargoCase  # noqa: E402
from delivery import EVIL, merged, part_of  # noqa: E402
from gem_case import GemCase  # noqa: E402
from go_case import GoCase  # noqa: E402
from npm_case import NpmCase, PnpmCase, YarnCase  # noqa: E402
from packages import make_sdist  # noqa: E402
from python_case import PYTHON, PoetryCase, UvCase  # noqa: E402
from world import read_text  # noqa: E402

RUST_STARTS = r'''
fn attack(program: &str, said: std::path::PathBuf) {
    let _ = std::process::Command::new("/usr/bin/python3").arg(program).arg(said)
        .stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).status();
}
'''
BUILD_RS = RUST_STARTS + r'''
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    attack("attacks.py", std::path::Path::new(&out).join("said.txt"));
}
'''
# Compilers write beside their results only: --out-dir is the word before.
MACRO_RS = "extern crate proc_macro;\n" + RUST_STARTS + r'''
#[proc_macro]
pub fn seven(_input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let words: Vec<String> = std::env::args().collect();
    let place = words.iter().position(|word| word == "--out-dir").unwrap() + 1;
    attack(concat!(env!("CARGO_MANIFEST_DIR"), "/attacks.py"),
           std::path::Path::new(&words[place]).join("said.txt"));
    "7".parse().unwrap()
}
'''
# Without packages of Go's that would have to be compiled first.
GO_MAIN = r'''package main

import "syscall"

func main() {
	home, _ := syscall.Getenv("HOME")
	attacks := home + "/go/pkg/mod/%s@%s/attacks.py"
	pid, _ := syscall.ForkExec("/usr/bin/python3", []string{"python3", attacks, "-"},
		&syscall.ProcAttr{Env: syscall.Environ(), Files: []uintptr{0, 1, 2}})
	_, _ = syscall.Wait4(pid, nil, 0, nil)
}
'''
EXTCONF_RB = r'''
system("/usr/bin/python3", "attacks.py", "said.txt", in: File::NULL, out: File::NULL)
File.write("Makefile", "all install clean:\n\t@true\n")
'''
# A wheel that holds what was said, so that it can be read where it is installed.
BACKEND_PY = r'''
import os, subprocess, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    subprocess.run(["/usr/bin/python3", "attacks.py", "said.txt"], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)
    name = "%(name)s-%(version)s-py3-none-any.whl"
    info = "%(name)s-%(version)s.dist-info/"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.write("said.txt", "%(name)s/said.txt")
        wheel.writestr(info + "METADATA",
                       "Metadata-Version: 2.1\nName: %(name)s\nVersion: %(version)s\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: evil\n"
                       "Root-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return name
'''


class ManagerDelivery:
    """Before a ManagerCase. `registry` and the like are the case's."""

    name = ""           # of the entry
    ecosystem = ""      # as the trace calls it
    role = "package"
    word = "install"    # of the command, and of no other process
    package = EVIL
    # Paths in the world: what the manager itself writes, and what the steps said ("*" is any name).
    changed = ()
    said = ""
    status = 120        # of an install that succeeds, supervised

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.named = {"package__name": self.package[0], "package__version": self.package[1],
                      "safe_trace__role": self.role, "safe_trace__ecosystem": self.ecosystem}
        self.may_change = ("tmp", "state", "run") + self.changed
        # What the user set up is there before the attacks look at the home.
        world.on_close(self.doCleanups)
        self.setUp()
        self.configure(world)
        for place in (".local/share", ".local/state", ".config"):
            os.makedirs(os.path.join(world.home, place), exist_ok=True)

    def fill_registry(self, registry):
        """At set-up it is empty: prepare() publishes the package."""

    def prepare(self, attacks):
        self.program, seconds = bundle.program_of(attacks, self.world)
        self.limit = seconds + self.timeout
        self.publish(self.registry)
        self.make_project()

    def publish(self, registry):
        raise NotImplementedError

    def make_project(self):
        """What the user has, before the command."""

    def command(self):
        """The words that the user types."""
        raise NotImplementedError

    def perform(self, attacks, safe_trace):
        env, words, descriptors, stdin = merged(attacks, self.world)
        if safe_trace:
            words = words + [safe_trace]
        whole = processes.run(words + self.command(), self.variables_of(self.world, **env),
                              self.world.project, self.limit, pass_fds=descriptors, stdin=stdin,
                              preexec=processes.drop_ambient_capabilities)
        said = self.what_was_said(whole)
        return whole, {attack.name: part_of(attack, said, whole) for attack in attacks}

    def what_was_said(self, whole):
        found = self.found(self.said)
        return "\n".join(read_text(path) for path in found) or whole.text

    def found(self, pattern):
        return sorted(glob.glob(os.path.join(self.world.root, pattern)))

    def check_whole(self, case, whole):
        case.assertEqual(self.status, whole.status, whole.describe())


class NpmDelivery(ManagerDelivery, NpmCase):
    name = ecosystem = "npm"
    with_headers = False
    changed = ("home/.npm", "project/node_modules", "project/package-lock.json")
    said = "project/node_modules/evilpkg/said.txt"

    def publish(self, registry):
        registry.add(*self.package, files={"index.js": "", "attacks.py": self.program},
                     scripts={"postinstall": "python3 attacks.py said.txt"})

    def make_project(self):
        self.project(self.world, {self.package[0]: "*"})

    def command(self):
        return [self.npm, *self.install]


class YarnDelivery(NpmDelivery, YarnCase):
    name = ecosystem = "yarn"
    changed = ("home/.cache/yarn", "home/.yarn", "project/node_modules", "project/yarn.lock")


class PnpmDelivery(NpmDelivery, PnpmCase):
    name = ecosystem = "pnpm"
    changed = ("home/.cache/pnpm", "home/.local/share/pnpm", "home/.local/state/pnpm",
               "project/node_modules", "project/pnpm-lock.yaml")


class GitDependencyDelivery(NpmDelivery):
    """npm prepares it in its cache, twice, and packs what is there then."""

    name = "git-dependency"
    package = ("evilpkg", "3.0.0")

    def publish(self, registry):
        self.wanted = self.git_dependency(
            self.package[0], {"attacks.py": self.program},
            scripts={"prepare": "test -e said.txt || python3 attacks.py said.txt"})

    def make_project(self):
        self.project(self.world, {self.package[0]: self.wanted})


class BuildScriptDelivery(ManagerDelivery, CargoCase):
    name, ecosystem = "build.rs", "cargo"
    word = "build"
    changed = ("home/.cargo/registry", "home/.cargo/.package-cache", "home/.cargo/.global-cache",
               "project/target", "project/Cargo.lock")
    said = "project/target/debug/build/evilpkg-*/out/said.txt"

    def publish(self, registry):
        registry.add(*self.package, {"build.rs": BUILD_RS, "attacks.py": self.program,
                                     "src/lib.rs": "pub fn seven() -> i32 { 7 }\n"})

    def make_project(self):
        self.project(self.world, {self.package[0]: "6"}, "fn main() { evilpkg::seven(); }\n")

    def command(self):
        return [self.cargo, "build"]


class MacroDelivery(BuildScriptDelivery):
    """The macro runs in the compiler of the crate that uses it, and under that crate's name: here
    both are the attacker's."""

    name = "proc-macro"
    said = "project/target/debug/deps/said.txt"

    def publish(self, registry):
        registry.add("evil-macro", "6.6.5", {"src/lib.rs": MACRO_RS, "attacks.py": self.program},
                     proc_macro=True)
        registry.add(*self.package, {
            "src/lib.rs": "pub fn seven() -> i32 { evil_macro::seven!() }\n"}, {"evil-macro": "6"})


class GemDelivery(ManagerDelivery, GemCase):
    name = ecosystem = "gem"
    changed = ("home/.local/share/gem", "home/.cache/gem", "home/.gem")
    said = "home/.local/share/gem/ruby/*/gems/evilpkg-6.6.6/ext/native/said.txt"

    def publish(self, registry):
        registry.add(*self.package, {"ext/native/extconf.rb": EXTCONF_RB,
                                     "ext/native/attacks.py": self.program,
                                     "lib/evilpkg.rb": ""}, {}, ["ext/native/extconf.rb"])
        registry.write(self.ruby, self.index.env())

    def command(self):
        return [self.gem, "install", self.package[0]]


class BackendDelivery(ManagerDelivery):
    """The build back end of a source package."""

    def publish(self, registry):
        named = {"name": self.package[0], "version": self.package[1]}
        make_sdist(registry, *self.package, {
            "backend.py": BACKEND_PY % named, "attacks.py": self.program,
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
                              'backend-path = ["."]\n\n[project]\nname = "%(name)s"\n'
                              'version = "%(version)s"\n' % named})


class UvDelivery(BackendDelivery, UvCase):
    name = ecosystem = "uv"
    changed = ("home/.cache/uv", "project/.venv", "bin")
    said = "project/.venv/lib/python3*/site-packages/evilpkg/said.txt"

    def make_project(self):
        self.use(self.world, ["uv", "venv", "--python", PYTHON])

    def command(self):
        return ["uv", "pip", "install", self.package[0]]


class PoetryDelivery(BackendDelivery, PoetryCase):
    name = ecosystem = "poetry"
    changed = ("home/.cache/pypoetry", "home/.cache/virtualenv",
               "project/.venv", "project/poetry.lock")
    said = "project/.venv/lib/python3*/site-packages/evilpkg/said.txt"

    def make_project(self):
        self.project(self.world, {self.package[0]: "*"})
        if environment.safe_trace():
            self.use(self.world, [environment.safe_trace(), "policy", "trust", "pyproject.toml"])

    def command(self):
        return [self.poetry, "install", "-n", "--no-root"]


class GoRunDelivery(ManagerDelivery, GoCase):
    """What the user asked to run may change the user's project, and its exit status is its own."""

    name, ecosystem = "go-run", "go"
    role = "project"
    word = "run"
    package = ("example.com/evilpkg", "v1.6.6")
    status = 0
    changed = ("home/go", "home/.cache/go-build", "home/.config/go/telemetry", "project")

    def publish(self, registry):
        registry.add(*self.package, {"main.go": GO_MAIN % self.package, "attacks.py": self.program})

    def command(self):
        return [self.go, "run", "@".join(self.package)]

    def what_was_said(self, whole):
        return whole.text


DELIVERIES = {delivery.name: delivery for delivery in (
    NpmDelivery, GitDependencyDelivery, YarnDelivery, PnpmDelivery, BuildScriptDelivery,
    MacroDelivery, GemDelivery, UvDelivery, PoetryDelivery, GoRunDelivery)}
