"""gem installs from the gem index on loopback, native extensions and plug-ins included."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from gem_case import GemCase  # noqa: E402
from gem_registry import c_extension, rake_extension  # noqa: E402


class Gem(GemCase):
    def fill_registry(self, registry):
        files, extensions = c_extension()
        registry.add("st-leaf", "1.0.0", {"lib/st_leaf.rb": "LEAF = 1\n"})
        registry.add("st-leaf", "1.1.0", {"lib/st_leaf.rb": "LEAF = 2\n"})
        registry.add("st-native", "2.0.0", files, {"st-leaf": "~> 1.0"}, extensions)
        files, extensions = rake_extension()
        registry.add("st-raked", "2.1.0", files, {"st-leaf": ">= 1, < 2"}, extensions)
        registry.add("st-plug", "2.2.0", {"lib/rubygems_plugin.rb": "$stderr.puts 'plugged'\n"})

    def test_DependencyAndACExtension(self):
        world, _ = self.manage([self.gem, "install", "st-native"])
        self.assertEqual("42 2", self.loaded(
            world, 'require "st_leaf"; require "native_part"; print NativePart.answer, " ", LEAF'))

    def test_ExtensionBuiltByRake(self):
        manager_tools.system_program("rake")
        world, _ = self.manage([self.gem, "install", "st-raked"])
        self.assertEqual("7", self.loaded(world, 'require "raked_part"; print RAKED'))

    def test_PluginRunsInTheNextRun(self):
        world, outcome = self.manage([self.gem, "install", "st-plug"])
        self.assertNotIn(b"plugged", outcome.stderr)
        _, outcome = self.manage([self.gem, "list", "--local"], world=world)
        self.assertIn(b"plugged", outcome.stderr)
