"""pnpm and the real registry, where it can be reached."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
import processes  # noqa: E402
from live_case import LiveCase  # noqa: E402
from world import write_file  # noqa: E402

USES = "require('express'); require('esbuild').transformSync('let x: number', {loader: 'ts'})"


class Live(LiveCase):
    # The state names a time.
    variable = (".pnpm-workspace-state",)

    def available(self):
        self.node = manager_tools.system_program("node")
        self.manager = manager_tools.fetched_program("pnpm")

    def path(self):
        return [os.path.dirname(self.manager)]

    def probe(self):
        npm = manager_tools.system_program("npm")
        return [npm, "view", "--fetch-retries=0", "--fetch-timeout=10000", "esbuild", "version"]

    def prepare(self, world):
        write_file(os.path.join(world.project, "package.json"),
                   '{"name": "project-of-mine", "version": "0.1.0"}\n')
        # Without this the scripts of dependencies are not run.
        write_file(os.path.join(world.project, "pnpm-workspace.yaml"),
                   "dangerouslyAllowAllBuilds: true\n")

    def test_NativePackagesInstall(self):
        world = self.same_live([self.manager, "add", "express", "esbuild", "bcrypt"])
        used = processes.run([self.node, "-e", USES], world.env(), world.project, 60)
        self.assertEqual(0, used.status, used.describe())
