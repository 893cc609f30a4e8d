"""cargo builds from the sparse index on loopback: build scripts, C and macros included."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cargo_case import CargoCase  # noqa: E402
from cargo_registry import MACRO_LIB_RS, native_files  # noqa: E402

MAIN = 'fn main() { println!("{} {}", st_native::answer(), st_facade::seven!()); }\n'


class Cargo(CargoCase):
    def fill_registry(self, registry):
        registry.add("st-leaf", "1.0.0")
        registry.add("st-native", "2.0.0", native_files(), {"st-leaf": "1"})
        registry.add("st-macro", "1.2.0", {"src/lib.rs": MACRO_LIB_RS}, proc_macro=True)
        # A macro that reaches its user through another crate, as serde's do.
        registry.add("st-facade", "1.3.0", {"src/lib.rs": "pub use st_macro::seven;\n"},
                     {"st-macro": "1"})

    def test_BuildScriptWithCAndAMacro(self):
        world, _ = self.manage(
            [self.cargo, "build"],
            prepare=lambda world: self.project(world, {"st-native": "2", "st-facade": "1"}, MAIN))
        self.assertEqual("42 7", self.built(world))
        self.assertIn("/crates/st-leaf-1.0.0.crate", self.server.requests)
