"""cargo, supervised without configuration: it builds, runs, tests and installs as it does bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cargo_case import CargoCase  # noqa: E402
from cargo_registry import MACRO_LIB_RS, cargo_toml, native_files  # noqa: E402
from world import write_file  # noqa: E402

DEPENDENCIES = {"st-native": "2", "st-facade": "1"}
MAIN = '''fn main() { println!("{} {}", st_native::answer(), st_facade::seven!()); }
#[test]
fn works() { assert_eq!(st_native::answer(), 42); }
'''
OWN_BUILD_RS = '''fn main() {
    std::fs::write("made-by-build-rs.txt", "made").unwrap();
    println!("cargo:rustc-env=MADE=made");
}
'''


class Install(CargoCase):
    where = ("project", "home/.cargo", "outside")
    names_only = CargoCase.names_only + (r"registry/", r"\.global-cache", r"/bin/", r"\.crates2?\.")

    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0")
        registry.add("st-native", "2.0.0", native_files(), {"st-leaf": "1"})
        registry.add("st-macro", "1.2.0", {"src/lib.rs": MACRO_LIB_RS}, proc_macro=True)
        registry.add("st-facade", "1.3.0", {"src/lib.rs": "pub use st_macro::seven;\n"},
                     {"st-macro": "1"})
        registry.add("st-tool", "1.4.0", {
            "src/main.rs": 'fn main() { println!("{}", st_native::answer()); }\n'},
            {"st-native": "2"})

    def quiet(self, world):
        self.assertEqual([], self.trace(world).find(event__kind="alert"))

    def prepare(self, world):
        self.project(world, DEPENDENCIES, MAIN)

    def test_BuildScriptWithCAndAMacro(self):
        world, _ = self.same_managed([self.cargo, "build"], self.prepare)
        self.assertEqual("42 7", self.built(world))
        self.quiet(world)
        for name, version in (("st-native", "2.0.0"), ("st-leaf", "1.0.0"),
                              ("st-macro", "1.2.0"), ("st-facade", "1.3.0")):
            self.assertTrue(self.package_events(world, name, version), name)

    def test_RunAndTest(self):
        def says(world, outcome):
            self.assertIn(b"42 7" if b"works" not in outcome.stdout else b"1 passed",
                          outcome.stdout)

        world, _ = self.same_managed([self.cargo, "run", "--quiet"], self.prepare, says)
        self.quiet(world)
        self.manage([self.cargo, "test", "--quiet"], True, world=world)
        self.assertTrue(self.trace(world).find(safe_trace__role="project"))
        self.quiet(world)

    def test_OwnBuildScriptAndAPathDependency(self):
        def prepare(world):
            self.project(world, {}, 'fn main() { println!("{} {}", env!("MADE"), inner::two()); }\n',
                         build_rs=OWN_BUILD_RS)
            with open(os.path.join(world.project, "Cargo.toml"), "a", encoding="utf-8") as file:
                file.write('inner = { path = "inner" }\n')
            inner = os.path.join(world.project, "inner")
            write_file(os.path.join(inner, "Cargo.toml"), cargo_toml("inner", "0.2.0"))
            write_file(os.path.join(inner, "build.rs"), "fn main() {}\n")
            write_file(os.path.join(inner, "src", "lib.rs"), "pub fn two() -> i32 { 2 }\n")

        world, _ = self.same_managed([self.cargo, "build"], prepare)
        self.assertEqual("made 2", self.built(world))
        self.quiet(world)

    def test_InstallIntoARoot(self):
        world, _ = self.same_managed(
            lambda world: [self.cargo, "install", "--root", os.path.join(world.outside, "r"),
                           "st-tool"])
        self.assertEqual("42", self.use(world, [os.path.join(world.outside, "r/bin/st-tool")]))
        self.quiet(world)

    def test_StartedByMake(self):
        def prepare(world):
            self.prepare(world)
            write_file(os.path.join(world.project, "Makefile"),
                       "all:\n\t%s build\n" % self.cargo)

        world, _ = self.same_managed(["make"], prepare, options=("run", "--"))
        self.assertEqual("42 7", self.built(world))
        self.quiet(world)
        self.assertTrue(self.package_events(world, "st-native", "2.0.0"))
