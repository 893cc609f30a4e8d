"""The real registry, where it can be reached: packages that build or fetch on installing."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
import manager_tools  # noqa: E402
import processes  # noqa: E402
from transparent import TransparencyCase  # noqa: E402
from world import differences, snapshot, write_file  # noqa: E402

# What says where this machine's registry is.
REGISTRY_VARIABLES = ("npm_config_registry", "NPM_CONFIG_REGISTRY", "NODE_EXTRA_CA_CERTS",
                      "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
                      "NO_PROXY", "SSL_CERT_FILE")


class Live(TransparencyCase):
    def install(self, prefix=()):
        world = self.new_world()
        write_file(os.path.join(world.project, "package.json"),
                   '{"name": "project-of-mine", "version": "0.1.0"}\n')
        env = world.env(npm_config_fund="false", npm_config_audit="false",
                        npm_config_update_notifier="false",
                        **{name: os.environ[name] for name in REGISTRY_VARIABLES
                           if name in os.environ})
        npm = manager_tools.system_program("npm")
        probe = processes.run([npm, "view", "--fetch-retries=0", "--fetch-timeout=10000",
                               "esbuild", "version"], env, world.project, 30)
        if probe.status != 0:
            print("skipped: registry not reached")
            self.skipTest("registry not reached")
        outcome = processes.run([*prefix, npm, "install", "express", "esbuild", "bcrypt"], env,
                                world.project, 200)
        self.assertEqual(0, outcome.status, outcome.describe())
        node = manager_tools.system_program("node")
        used = processes.run([node, "-e", "require('express'); require('bcrypt');"
                              "require('esbuild').transformSync('let x: number', "
                              "{loader: 'ts'})"], env, world.project, 60)
        self.assertEqual(0, used.status, used.describe())
        # Supervised, esbuild starts its program by a script instead of a second name of it.
        skip = [os.path.join(world.project, name) for name in (
            ".env", "node_modules/esbuild/bin/esbuild")]
        return world, snapshot(world.project, skip)

    def test_NativePackagesInstallFromTheRealRegistry(self):
        _, bare = self.install()
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, held = self.install([environment.safe_trace()])
        self.assertEqual([], differences(bare, held))
        trace = self.trace(world)
        self.assertEqual([], trace.find(event__kind="alert"), "an honest install commits none")
