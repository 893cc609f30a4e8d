"""Makers of crates and of the sparse index that cargo reads them from."""

import hashlib
import json
import os

from archives import tar_gz
from world import write_file

BUILD_RS_WITH_C = r'''
use std::{env, path::Path, process::Command};
fn run(command: &mut Command) {
    let status = command.status().expect("it does not start");
    assert!(status.success(), "{:?}: {}", command, status);
}
fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let object = Path::new(&out).join("part.o");
    run(Command::new("cc").args(["-O1", "-fPIC", "-c", "part.c", "-o"]).arg(&object));
    run(Command::new("ar").arg("crs").arg(Path::new(&out).join("libpart.a")).arg(&object));
    println!("cargo:rustc-link-search=native={}", out);
    println!("cargo:rustc-link-lib=static=part");
}
'''
PART_C = "int part_answer(void) { return 42; }\n"
NATIVE_LIB_RS = r'''
extern "C" { fn part_answer() -> i32; }
pub fn answer() -> i32 { unsafe { part_answer() } }
'''
MACRO_LIB_RS = r'''
extern crate proc_macro;
#[proc_macro]
pub fn seven(_input: proc_macro::TokenStream) -> proc_macro::TokenStream { "7".parse().unwrap() }
'''


def cargo_toml(name, version, dependencies=(), extra=""):
    """`dependencies`: "name" -> requirement, as a mapping. `extra` goes below [package]'s fields,
    before the dependencies."""
    text = '[package]\nname = "%s"\nversion = "%s"\nedition = "2018"\n%s\n[dependencies]\n' % (
        name, version, extra)
    return text + "".join('%s = "%s"\n' % item for item in dict(dependencies).items())


def native_files():
    """A crate whose build.rs compiles C with a plain call of cc."""
    return {"build.rs": BUILD_RS_WITH_C, "part.c": PART_C, "src/lib.rs": NATIVE_LIB_RS}


class CargoRegistry:
    """Writes beneath `folder`, which is served at `url`."""

    def __init__(self, folder, url):
        self.folder = folder
        self.index_url = "sparse+%s/index/" % url
        write_file(os.path.join(folder, "index", "config.json"),
                   json.dumps({"dl": url + "/crates/{crate}-{version}.crate"}))

    def add(self, name, version, files=None, dependencies=(), proc_macro=False):
        """Adds one version of a crate; `files` without Cargo.toml. Returns the archive's path."""
        members = {"Cargo.toml": cargo_toml(name, version, dependencies,
                                            "\n[lib]\nproc-macro = true\n" if proc_macro else "")}
        members.update({"src/lib.rs": "pub fn value() -> i32 { 1 }\n"} if files is None else files)
        data = tar_gz("%s-%s" % (name, version), members)
        path = os.path.join(self.folder, "crates", "%s-%s.crate" % (name, version))
        write_file(path, data)
        line = {"name": name, "vers": version, "cksum": hashlib.sha256(data).hexdigest(),
                "features": {}, "yanked": False, "links": None,
                "deps": [{"name": wanted, "req": "^" + requirement, "features": [],
                          "optional": False, "default_features": True, "target": None,
                          "kind": "normal"} for wanted, requirement in dict(dependencies).items()]}
        index = os.path.join(self.folder, "index", *_index_place(name))
        os.makedirs(os.path.dirname(index), exist_ok=True)
        with open(index, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return path

    def config(self):
        """The text of a config.toml that puts this registry in the place of the public one."""
        return ('[source.crates-io]\nreplace-with = "loopback"\n\n[source.loopback]\n'
                'registry = "%s"\n' % self.index_url)


def _index_place(name):
    lower = name.lower()
    if len(lower) <= 2:
        return str(len(lower)), lower
    if len(lower) == 3:
        return "3", lower[0], lower
    return lower[:2], lower[2:4], lower
