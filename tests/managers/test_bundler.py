"""bundler, supervised without configuration: it installs and builds as it does bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from gem_case import GemCase  # noqa: E402
from gem_registry import c_extension  # noqa: E402
from world import write_file  # noqa: E402

BOTH = 'require "st_leaf"; require "native_part"; print NativePart.answer'


class Bundler(GemCase):
    where = ("project",)
    variable = GemCase.variable + (r"/cache/", r"\.gemspec$", r"Gemfile\.lock$")

    def available(self):
        super().available()
        self.bundle = manager_tools.system_program("bundle")

    def fill_registry(self, registry):
        files, extensions = c_extension()
        registry.add("st-leaf", "1.0.0")
        registry.add("st-native", "2.0.0", files, {"st-leaf": "~> 1.0"}, extensions)

    def test_InstallIntoTheProjectAndExec(self):
        def prepare(world):
            write_file(os.path.join(world.project, "Gemfile"),
                       'source "%s"\ngem "st-native"\n' % self.registry.url)

        vendor = {"BUNDLE_PATH": "vendor/bundle"}
        world, _ = self.same_managed([self.bundle, "install"], prepare, env=vendor)
        trace = self.trace(world)
        self.assertEqual([], trace.find(event__kind="alert"), trace.describe())
        self.assertTrue(self.package_events(world, "st-native", "2.0.0"), trace.describe())
        _, outcome = self.manage([self.bundle, "exec", "ruby", "-e", BOTH], True, world=world,
                                 env=vendor)
        self.assertEqual(b"42", outcome.stdout)
