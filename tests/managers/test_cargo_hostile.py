"""Hostile crates in every form that cargo runs: build.rs, macros, and what was built."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cargo_case import CargoCase  # noqa: E402
from hostile_code import HostileCode  # noqa: E402
from world import write_file  # noqa: E402

# A shell's worth of Rust: one process more, and what rustc itself opens.
RUST_ATTACK = r'''
fn attack() {
    let home = std::env::var("HOME").unwrap_or_default();
    let _ = std::fs::read_to_string(format!("{}/.aws/credentials", home));
    let _ = std::process::Command::new("/usr/bin/python3").arg("-c").arg(PAYLOAD)
        .stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null()).status();
}
'''
MACRO = r'''
extern crate proc_macro;
#[proc_macro]
pub fn seven(_input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    attack();
    "7".parse().unwrap()
}
'''


class Hostile(HostileCode, CargoCase):
    victims = ("home/.cargo/registry/src/*/st-leaf-1.0.0/src/lib.rs",
               "home/.cargo/registry/cache/*/st-leaf-1.0.0.crate",
               "home/.cargo/config.toml", "project/src/main.rs")
    comment = "// owned\n"
    programs = ("/usr/bin/env",)

    def rust(self):
        # A JSON string without \u and \/ is a Rust one too.
        text = json.dumps(self.payload(), ensure_ascii=False)
        return "const PAYLOAD: &str = %s;\n%s" % (text, RUST_ATTACK)

    def fill_registry(self, registry):
        self.start_sink()
        registry.add("st-leaf", "1.0.0")
        registry.add("evil-build", "6.6.1", {
            "build.rs": self.rust() + "fn main() { attack() }\n",
            "src/lib.rs": "pub fn seven() -> i32 { 7 }\n"}, {"st-leaf": "1"})
        registry.add("evil-macro", "6.6.2", {"src/lib.rs": self.rust() + MACRO}, {"st-leaf": "1"},
                     proc_macro=True)
        # Its rustc loads the macro, which the project never names.
        registry.add("st-facade", "1.3.0", {"src/lib.rs": "pub use evil_macro::seven;\n"},
                     {"evil-macro": "6"})

    def prepare(self, dependencies, main):
        def made(world):
            self.project(world, dependencies, main)
        return made

    def test_BuildScriptOfADependency(self):
        self.is_stopped([self.cargo, "build"],
                        self.prepare({"evil-build": "6"}, "fn main() { evil_build::seven(); }\n"),
                        "evil-build", "6.6.1")

    def test_MacroReachedThroughAnotherCrate(self):
        # A macro runs in the compiler of the crate that uses it.
        self.is_stopped([self.cargo, "build"],
                        self.prepare({"st-facade": "1"},
                                     "fn main() { println!(\"{}\", st_facade::seven!()); }\n"),
                        "project-of-mine", "0.1.0")

    def test_ProjectsOwnBuildScript(self):
        # It may write in its project, where a protected place lies.
        self.victims = self.victims[:-1]

        def prepare(world):
            self.project(world, {"st-leaf": "1"}, "fn main() {}\n",
                         build_rs=self.rust() + "fn main() { attack() }\n")
        self.is_stopped([self.cargo, "build"], prepare, "", "", role="project", status=0)

    def test_WrapperThatTheProjectConfigures(self):
        self.victims = ("home/.cargo/config.toml",)

        def prepare(world):
            self.project(world, {}, "fn main() {}\n")
            write_file(os.path.join(world.project, ".cargo/config.toml"),
                       '[build]\nrustc-wrapper = "./wrapper"\n')
            write_file(os.path.join(world.project, "payload.py"), self.payload())
            write_file(os.path.join(world.project, "wrapper"),
                       "#!/bin/sh\ncase $2 in -vV) python3 ./payload.py >/dev/null 2>&1;; esac\n"
                       "exec \"$@\"\n", 0o755)
        self.is_stopped([self.cargo, "build"], prepare, "", "", role="project", status=0)
