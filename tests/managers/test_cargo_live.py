"""cargo and the real registry, where it can be reached."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
import processes  # noqa: E402
from live_case import LiveCase  # noqa: E402
from world import write_file  # noqa: E402

CARGO_TOML = """[package]
name = "mine"
version = "0.1.0"
edition = "2021"

[dependencies]
paste = "1"
libc = "0.2"
"""
MAIN = """paste::paste! { fn [<forty _two>]() -> i32 { 42 } }
fn main() { println!("{} {}", forty_two(), unsafe { libc::getpid() } > 0); }
"""


class Live(LiveCase):
    # Named by hashes and times.
    variable = ("/incremental/", "/.fingerprint/")

    def available(self):
        self.cargo = manager_tools.system_program("cargo")

    def probe(self):
        return [self.cargo, "info", "--registry", "crates-io", "-q", "itoa"]

    def prepare(self, world):
        write_file(os.path.join(world.project, "Cargo.toml"), CARGO_TOML)
        write_file(os.path.join(world.project, "src", "main.rs"), MAIN)

    def test_MacrosAndBuildScriptsOfRealCrates(self):
        world = self.same_live([self.cargo, "build", "--quiet"])
        program = os.path.join(world.project, "target", "debug", "mine")
        said = processes.run([program], world.env(), world.project, 60)
        self.assertEqual(b"42 true\n", said.stdout, said.describe())
        self.assertTrue(self.package_events(world, "paste"))
