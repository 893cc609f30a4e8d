"""Bases of the npm, yarn and pnpm tests."""

import json
import os
import unittest

import manager_tools
from archives import git_repository
from manager_case import ManagerCase
from npm_registry import NpmRegistry, package_json
from world import read_text, write_file


TRIED_SINCE = (10, 0)


class NpmCase(ManagerCase):
    """`self.npm` is the program; a project is made with project()."""

    install = ("install",)
    # The store and the state name times; the addon is compiled anew.
    variable = (r"\.modules\.yaml$", r"\.pnpm-workspace-state.*\.json$", r"\.yarn-integrity$")
    names_only = (r"(^|/)build/",)
    with_headers = True  # of node, so that node-gyp builds without a download

    def available(self):
        self.node = manager_tools.system_program("node")
        self.npm = manager_tools.system_program("npm")
        env = {"PATH": manager_tools.SYSTEM_PATH, "HOME": "/nonexistent"}
        version = manager_tools.version_of([self.npm, "--version"], env)
        if version < TRIED_SINCE:
            raise unittest.SkipTest("these tests were tried with npm %d and newer, this is %d.%d"
                                    % (TRIED_SINCE[0], *version))

    def make_registry(self):
        self.registry = NpmRegistry(self.folder, self.server.url)

    def headers(self):
        """The folder whose include/node has node's headers, or a skip."""
        prefix = os.path.dirname(os.path.dirname(os.path.realpath(self.node)))
        if not os.path.exists(os.path.join(prefix, "include", "node", "node_api.h")):
            raise unittest.SkipTest("node's headers are not installed (Debian package: "
                                    "libnode-dev, or nodejs itself)")
        return prefix

    def configure(self, world):
        npmrc = os.path.join(world.home, ".npmrc")
        # Beneath the credential that the home has already.
        write_file(npmrc, read_text(npmrc) + "registry=%s/\nfund=false\naudit=false\n"
                   "update-notifier=false\n" % self.server.url, 0o600)

    def variables(self, world):
        return {"npm_config_nodedir": self.headers()} if self.with_headers else {}

    @staticmethod
    def project(world, dependencies, name="project-of-mine", **fields):
        """Makes the project's package.json; `fields` are more of it (scripts and the like)."""
        write_file(os.path.join(world.project, "package.json"),
                   package_json(name, "0.1.0", dependencies=dependencies, **fields))

    def git_dependency(self, name, files=None, **fields):
        """Makes a repository that is served beside the registry, for `prepare` and the like;
        returns what goes into `dependencies`."""
        members = {"package.json": package_json(name, "3.0.0", **fields), "index.js": ""}
        members.update(files or {})
        git_repository(self.folder, name, members, self.index.env())
        return "git+%s/%s.git" % (self.server.url, name)

    def installed(self, world, script, **how):
        """What node prints for `script` in the project."""
        return self.use(world, [self.node, "-p", script], **how)

    def version_installed(self, world, name):
        path = os.path.join(world.project, "node_modules", name, "package.json")
        return json.loads(read_text(path))["version"]


class YarnCase(NpmCase):
    def available(self):
        super().available()
        self.npm = manager_tools.fetched_program("yarn")

    def path(self, world):
        return [os.path.dirname(self.npm)]

    def configure(self, world):
        super().configure(world)
        # For root, yarn's cache would not lie in the home.
        write_file(os.path.join(world.home, ".yarnrc"),
                   'registry "%s"\ncache-folder "%s"\ndisable-self-update-check true\n'
                   % (self.server.url, os.path.join(world.home, ".cache", "yarn")))


class PnpmCase(NpmCase):
    def variables(self, world):
        # pnpm reads .npmrc alone, but it prepares git dependencies with npm.
        return dict(super().variables(world), npm_config_registry=self.server.url + "/")

    def available(self):
        super().available()
        self.npm = manager_tools.fetched_program("pnpm")

    def path(self, world):
        return [os.path.dirname(self.npm)]

    def project(self, world, dependencies, name="project-of-mine", **fields):
        NpmCase.project(world, dependencies, name, **fields)
        # Without this the scripts of dependencies are not run.
        write_file(os.path.join(world.project, "pnpm-workspace.yaml"),
                   "dangerouslyAllowAllBuilds: true\n")
