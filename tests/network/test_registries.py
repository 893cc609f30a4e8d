"""Package managers against a registry on the small internet, allowed by nothing but their own
configuration."""

import os
import re
import shutil

import environment
import manager_tools
import packages
from cargo_registry import CargoRegistry, cargo_toml
from network_case import NetworkCase, leave_out_supervised
from npm_registry import NpmRegistry, package_json
from venvs import light_venv
from world import write_file

URL = "https://registry.test"


class Registries(NetworkCase):
    def installs(self, prepare, argv, variables, installed, use=None):
        """`argv(world)` bare and supervised; `installed` must exist in the world's root."""
        for supervised in (False, True):
            if supervised and environment.safe_trace() is None:
                leave_out_supervised()
            world = self.new_world()
            prepare(world)
            before = len(self.net.requests())
            outcome = self.run_in(world, argv(world), supervised, env=variables, timeout=120)
            self.assertEqual(0, outcome.status, outcome.describe())
            self.assertTrue(os.path.exists(os.path.join(world.root, installed)),
                            outcome.describe())
            self.assertGreater(len(self.net.requests()), before, outcome.describe())
        self.assertEqual([], self.violations(world), outcome.describe())
        flows = self.trace(world).find(event__action="network-flow", url__domain="registry.test")
        self.assertTrue(flows, self.trace(world).describe())
        for flow in flows:
            self.assertEqual("manager", flow["safe_trace.role"], flow)
            self.assertGreater(flow["destination.bytes"], 0, flow)

    def supervised_prefix(self, options=()):
        return [environment.safe_trace(), *options]

    def test_PipFromItsConfiguredIndex(self):
        folder = os.path.join(self.net.files, "wheels")
        os.makedirs(folder, exist_ok=True)
        packages.make_wheel(folder, "something", "1.0", {"something.py": "value = 1\n"})
        links = "".join('<a href="/wheels/%s">%s</a>' % (name, name) for name in
                        os.listdir(folder))
        self.net.put("simple/something/index.html", links.encode())
        self.installs(lambda world: light_venv(os.path.join(world.root, "venv")),
                      lambda world: [os.path.join(world.root, "venv/bin/pip"), "install", "-q",
                                     "something"],
                      {"PIP_INDEX_URL": URL + "/simple/"},
                      "venv/lib/%s/site-packages/something.py" % self.python_folder())

    @staticmethod
    def python_folder():
        return re.search(r"python3\.\d+", os.path.realpath("/usr/bin/python3")).group(0)

    def test_NpmFromItsConfiguredRegistry(self):
        npm = manager_tools.system_program("npm")
        registry = NpmRegistry(self.net.files, URL)
        if not os.path.isdir(os.path.join(self.net.files, "something-of-npm")):
            registry.add("something-of-npm", "1.0.0")
        self.installs(lambda world: write_file(
            os.path.join(world.project, "package.json"),
            package_json("mine", "0.1.0", dependencies={"something-of-npm": "1.0.0"})),
            lambda world: [npm, "install", "--no-audit", "--no-fund", "--no-update-notifier"],
            {"npm_config_registry": URL + "/",
             "npm_config_cafile": self.net.authority.bundle},
            "project/node_modules/something-of-npm/index.js")

    def test_CargoFromItsConfiguredIndex(self):
        cargo = manager_tools.system_program("cargo")
        folder = os.path.join(self.net.files, "cargo")
        if not os.path.isdir(folder):
            CargoRegistry(folder, URL + "/cargo").add("something", "1.0.0")
        config = ('[source.crates-io]\nreplace-with = "mine"\n[source.mine]\n'
                  'registry = "sparse+%s/cargo/index/"\n' % URL)

        def prepare(world):
            write_file(os.path.join(world.home, ".cargo/config.toml"), config)
            write_file(os.path.join(world.project, "Cargo.toml"),
                       cargo_toml("mine", "0.1.0", {"something": "1.0"}))
            write_file(os.path.join(world.project, "src/main.rs"), "fn main() {}\n")

        self.installs(prepare, lambda world: [cargo, "fetch", "-q"], {}, "project/Cargo.lock")

    def test_PipThroughAProxyOfTheEnvironment(self):
        folder = os.path.join(self.net.files, "wheels")
        shutil.rmtree(folder, ignore_errors=True)
        self.net.proxy.wanted.clear()
        os.makedirs(folder)
        packages.make_wheel(folder, "proxied", "1.0", {"proxied.py": "value = 1\n"})
        name = os.listdir(folder)[0]
        self.net.put("simple/proxied/index.html",
                     ('<a href="/wheels/%s">%s</a>' % (name, name)).encode())
        self.installs(lambda world: light_venv(os.path.join(world.root, "venv")),
                      lambda world: [os.path.join(world.root, "venv/bin/pip"), "install", "-q",
                                     "proxied"],
                      {"PIP_INDEX_URL": URL + "/simple/", "https_proxy": "http://proxy.test:3128"},
                      "venv/lib/%s/site-packages/proxied.py" % self.python_folder())
        self.assertEqual({"CONNECT registry.test:443"}, set(self.net.proxy.wanted))
