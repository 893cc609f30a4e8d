"""gem, supervised without configuration: it installs and builds as it does bare."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from gem_case import GemCase  # noqa: E402
from gem_registry import c_extension, rake_extension  # noqa: E402
from world import write_file  # noqa: E402

BOTH = 'require "st_leaf"; require "native_part"; print NativePart.answer, " ", LEAF'


class Install(GemCase):
    # Each holds the moment of the install, or the folder's own path.
    names_only = GemCase.names_only + (r"specifications/", r"\.gem$")

    def fill_registry(self, registry):
        files, extensions = c_extension()
        registry.add("st-leaf", "1.0.0", {"lib/st_leaf.rb": "LEAF = 1\n"})
        registry.add("st-leaf", "1.1.0", {"lib/st_leaf.rb": "LEAF = 2\n"})
        registry.add("st-native", "2.0.0", files, {"st-leaf": "~> 1.0"}, extensions)
        files, extensions = rake_extension()
        registry.add("st-raked", "2.1.0", files, {"st-leaf": ">= 1, < 2"}, extensions)
        registry.add("st-plug", "2.2.0", {"lib/rubygems_plugin.rb": "$stderr.puts 'plugged'\n"})

    def quiet(self, world):
        self.assertEqual([], self.trace(world).find(event__kind="alert"))

    def test_DependencyAndACExtension(self):
        world, _ = self.same_managed([self.gem, "install", "st-native"])
        self.assertEqual("42 2", self.loaded(world, BOTH))
        self.quiet(world)
        self.assertTrue(self.package_events(world, "st-native", "2.0.0"))

    def test_ExtensionBuiltByRake(self):
        manager_tools.system_program("rake")
        world, _ = self.same_managed([self.gem, "install", "st-raked"])
        self.assertEqual("7", self.loaded(world, 'require "raked_part"; print RAKED'))
        self.quiet(world)
        self.assertTrue(self.package_events(world, "st-raked", "2.1.0"))

    def test_InstallIntoADirectory(self):
        world, _ = self.same_managed(
            [self.gem, "install", "--no-user-install", "--install-dir", "vendor", "st-native"])
        self.assertTrue(os.path.exists(os.path.join(
            world.project, "vendor/gems/st-native-2.0.0/lib/native_part.so")))
        self.quiet(world)

    def test_PluginRunsInTheNextRun(self):
        world, _ = self.same_managed([self.gem, "install", "st-plug"])
        _, outcome = self.manage([self.gem, "list", "--local"], True, world=world)
        self.assertIn(b"plugged", outcome.stderr)
        self.quiet(world)

    def test_StartedByMake(self):
        def prepare(world):
            write_file(os.path.join(world.project, "Makefile"),
                       "all:\n\t%s install st-native\n" % self.gem)

        world, _ = self.same_managed(["make"], prepare, options=("run", "--"))
        self.assertEqual("42 2", self.loaded(world, BOTH))
        self.quiet(world)
        self.assertTrue(self.package_events(world, "st-native", "2.0.0"))
