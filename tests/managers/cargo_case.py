"""Base of the cargo tests."""

import os
import unittest

import manager_tools
from cargo_registry import CargoRegistry, cargo_toml
from manager_case import ManagerCase
from world import write_file

SPARSE_SINCE = (1, 68)


class CargoCase(ManagerCase):
    # Fingerprints hold times; compiled files hold paths.
    variable = (r"(^|/)\.fingerprint/", r"incremental/", r"\.rustc_info\.json$")
    names_only = (r"(^|/)target/",)

    def available(self):
        self.cargo = manager_tools.system_program("cargo")
        env = {"PATH": manager_tools.SYSTEM_PATH, "HOME": "/nonexistent"}
        version = manager_tools.version_of([self.cargo, "--version"], env)
        if version < SPARSE_SINCE:
            raise unittest.SkipTest("cargo %d.%d knows no sparse index, 1.68 does (Debian package: "
                                    "cargo-web)" % version)

    def make_registry(self):
        self.registry = CargoRegistry(self.folder, self.server.url)

    def configure(self, world):
        write_file(os.path.join(world.home, ".cargo", "config.toml"), self.registry.config())

    @staticmethod
    def project(world, dependencies, main, extra="", **files):
        """A crate with a program; `files`: more files, "build_rs" for build.rs and so on."""
        write_file(os.path.join(world.project, "Cargo.toml"),
                   cargo_toml("project-of-mine", "0.1.0", dependencies, extra))
        write_file(os.path.join(world.project, "src", "main.rs"), main)
        for name, content in files.items():
            write_file(os.path.join(world.project, name.replace("_", ".")), content)

    def built(self, world):
        """What the built program prints."""
        return self.use(world, [os.path.join(world.project, "target/debug/project-of-mine")])
