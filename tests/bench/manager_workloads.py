"""Rows of other package managers: what each installs comes from a registry on loopback."""

import os
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from cargo_registry import CargoRegistry, MACRO_LIB_RS, cargo_toml, native_files  # noqa: E402
from go_proxy import CGO_PACKAGE, GoProxy, go_mod  # noqa: E402
from npm_registry import NpmRegistry, package_json  # noqa: E402
from static_server import StaticServer  # noqa: E402

NPM_PACKAGES = 300
CRATES = 40
MODULES = 12
SEARCH = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"


class Missing(Exception):
    """A program that is not installed; the message says which."""


def program(name: str) -> str:
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise Missing(f"skipped: no program {name}")
    return path


def npm(base: pathlib.Path):
    """About 300 packages of ten files each, four of them with an install script."""
    npm_program = program("npm")
    folder = base / "npm-registry"
    folder.mkdir()
    server = StaticServer(str(folder))
    registry = NpmRegistry(str(folder), server.url)
    rng = random.Random(3)
    names = [f"bench-{i}" for i in range(NPM_PACKAGES - 1)]
    for i, name in enumerate(names):
        files = {f"lib/part_{n}.js": "// part\n" + "".join(
            f"exports.value_{k} = {rng.randrange(10**9)};\n" for k in range(60)) for n in range(9)}
        files["index.js"] = "module.exports = require('./lib/part_0.js');\n"
        scripts = {"postinstall": "node -e \"0\""} if i % 75 == 0 else {}
        below = {other: "1.0.0" for other in names[2 * i + 1:2 * i + 3]}
        registry.add(name, "1.0.0", files, scripts=scripts, dependencies=below)

    def setup(run: pathlib.Path) -> None:
        (run / "home" / ".npmrc").write_text(
            f"registry={server.url}/\nfund=false\naudit=false\nupdate-notifier=false\n")
        (run / "project" / "package.json").write_text(
            package_json("mine", "0.1.0", dependencies={names[0]: "1.0.0"}))

    return [npm_program, "install"], {}, setup, server


def rust_source(rng: random.Random, functions: int) -> str:
    return "".join(
        f"pub fn f{i}(x: u64) -> u64 {{ let v: Vec<u64> = (0..x).map(|y| y * {rng.randrange(99)})"
        f".filter(|y| y % 3 != 1).collect(); v.iter().sum::<u64>() ^ {rng.randrange(10**6)} }}\n"
        for i in range(functions))


def cargo(base: pathlib.Path):
    """40 crates: one with C by its build script, one procedural macro that two others use."""
    cargo_program = program("cargo")
    folder = base / "cargo-registry"
    folder.mkdir()
    server = StaticServer(str(folder))
    registry = CargoRegistry(str(folder), server.url)
    rng = random.Random(4)
    registry.add("bench-native", "1.0.0", native_files())
    registry.add("bench-macro", "1.0.0", {"src/lib.rs": MACRO_LIB_RS}, proc_macro=True)
    below = {}
    for i in range(CRATES - 2):
        name = f"bench-crate-{i}"
        needs = dict(list(below.items())[-2:])
        if i in (5, 20):
            needs["bench-macro"] = "1"
        files = {"src/lib.rs": rust_source(rng, 60)}
        if i % 10 == 3:
            files["build.rs"] = "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); }\n"
        registry.add(name, "1.0.0", files, needs)
        below[name] = "1"
    needs = {**below, "bench-native": "1"}

    def setup(run: pathlib.Path) -> None:
        (run / "home" / ".cargo").mkdir()
        (run / "home" / ".cargo" / "config.toml").write_text(registry.config())
        source = run / "project" / "src"
        source.mkdir()
        (source / "main.rs").write_text("fn main() { println!(\"{}\", bench_native::answer()); }\n")
        (run / "project" / "Cargo.toml").write_text(cargo_toml("mine", "0.1.0", needs))

    return [cargo_program, "build"], {}, setup, server


def go(base: pathlib.Path, cold: bool = False):
    """A program over a dozen modules, one of them with cgo; the standard library is built."""
    go_program = program("go")
    folder = base / f"go-proxy-{'cold' if cold else 'warm'}"
    folder.mkdir()
    server = StaticServer(str(folder))
    proxy = GoProxy(str(folder), server.url)
    proxy.add("example.com/native", "v1.0.0", {"native.go": CGO_PACKAGE % "native"})
    needs = {"example.com/native": "v1.0.0"}
    rng = random.Random(5)
    for i in range(MODULES):
        body = "".join(f"func F{n}(x int) int {{ return x*{rng.randrange(99)} + {n} }}\n"
                       for n in range(200))
        proxy.add(f"example.com/part{i}", "v1.0.0", {"part.go": f"package part{i}\n{body}"})
        needs[f"example.com/part{i}"] = "v1.0.0"
    calls = "".join(f"\t_ = part{i}.F1(1)\n" for i in range(MODULES))
    imports = "".join(f"\t\"example.com/part{i}\"\n" for i in range(MODULES))
    main = (f"package main\n\nimport (\n\t\"example.com/native\"\n{imports})\n\n"
            f"func main() {{\n{calls}\tprintln(native.Answer())\n}}\n")
    proxy.add("example.com/tool", "v1.0.0", {"main.go": main}, needs)
    cache = base / "go-cache"
    environment = {**proxy.variables(), "CGO_ENABLED": "1", "GOCACHE": "{run}/home/.cache/go-build",
                   "PATH": f"{os.path.dirname(go_program)}:/usr/bin:/bin"}

    def setup(run: pathlib.Path) -> None:
        (run / "project" / "go.mod").write_text(go_mod("example.com/mine"))
        if not cold and cache.is_dir():
            shutil.copytree(cache, run / "home" / ".cache" / "go-build")

    def warm(workshop) -> str | None:
        """Builds the standard library once into the cache that each run gets a copy of."""
        source = base / "go-warm"
        source.mkdir()
        (source / "go.mod").write_text(go_mod("example.com/warm"))
        (source / "main.go").write_text("package main\n\n// int x(void) { return 1; }\n"
                                        "import \"C\"\n\nfunc main() { println(C.x()) }\n"
                                        .replace("// int x", "// static int x"))
        return workshop.quiet([go_program, "build", "-C", str(source), "-o", "/dev/null", "."],
                              {**environment, "GOCACHE": str(cache)})

    preparation = [] if cold else [warm]
    return ([go_program, "install", "example.com/tool@v1.0.0"], environment, setup, server,
            *preparation)


def go_cold(base: pathlib.Path):
    """The same with an empty build cache, as in CI: the standard library is compiled too."""
    return go(base, cold=True)
