"""Hostile gems in every form that gem runs: extconf.rb, rake, make, and plug-ins of gem itself."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import manager_tools  # noqa: E402
from gem_case import GemCase  # noqa: E402
from gem_registry import RAKEFILE, c_extension  # noqa: E402
from hostile_code import HostileCode  # noqa: E402

# In ruby itself, and in a process of its own.
RUBY_ATTACK = r'''
begin
  File.read(File.expand_path("~/.aws/credentials"))
rescue SystemCallError
end
system("/usr/bin/python3", "-c", %s, in: File::NULL, out: File::NULL, err: File::NULL)
'''


class Hostile(HostileCode, GemCase):
    victims = ("home/.local/share/gem/ruby/*/gems/st-leaf-1.0.0/lib/st_leaf.rb",
               "home/.local/share/gem/ruby/*/specifications/st-leaf-1.0.0.gemspec",
               "home/.local/share/gem/ruby/*/cache/st-leaf-1.0.0.gem", "home/.gemrc")
    comment = "# owned\n"
    programs = ("/usr/bin/env",)

    def fill_registry(self, registry):
        self.start_sink()
        # Inside gem a plug-in's code is gem's: the installed gems and the cache are open to it.
        ordinary, self.victims = self.victims, ("home/.gemrc",)
        plugin = RUBY_ATTACK % json.dumps(self.payload()).replace("#", "\\x23")
        self.victims = ordinary
        attack = RUBY_ATTACK % json.dumps(self.payload()).replace("#", "\\x23")
        leaf = {"st-leaf": "1.0.0"}
        registry.add("st-leaf", "1.0.0", {"lib/st_leaf.rb": "LEAF = 1\n"})
        files, extensions = c_extension()
        files["ext/native/extconf.rb"] = attack + files["ext/native/extconf.rb"]
        registry.add("evil-extconf", "6.6.1", files, leaf, extensions)
        registry.add("evil-rake", "6.6.2", {"ext/Rakefile": attack + RAKEFILE}, leaf,
                     ["ext/Rakefile"])
        files, extensions = c_extension()
        files["ext/native/extconf.rb"] += (
            'File.open("Makefile", "a") { |f| f.puts "\\nall: evil\\nevil:\\n'
            '\\t/usr/bin/ruby evil.rb" }\n')
        files["ext/native/evil.rb"] = attack
        registry.add("evil-make", "6.6.3", files, leaf, extensions)
        # It pretends to be another gem by the folder that its extension lies in.
        files, _ = c_extension()
        registry.add("evil-folder", "6.6.4", {
            name.replace("ext/native", "ext/gems/st-leaf-1.0.0"):
            (attack if name.endswith("extconf.rb") else "") + text
            for name, text in files.items()}, leaf, ["ext/gems/st-leaf-1.0.0/extconf.rb"])
        registry.add("evil-plugin", "6.6.5", {"lib/rubygems_plugin.rb": plugin}, leaf)

    def install(self, name):
        return [self.gem, "install", name]

    def test_Extconf(self):
        self.is_stopped(self.install("evil-extconf"), lambda world: None, "evil-extconf", "6.6.1")

    def test_Rakefile(self):
        manager_tools.system_program("rake")
        self.is_stopped(self.install("evil-rake"), lambda world: None, "evil-rake", "6.6.2")

    def test_Makefile(self):
        self.is_stopped(self.install("evil-make"), lambda world: None, "evil-make", "6.6.3")

    def test_FolderNamedAsAnotherGem(self):
        self.is_stopped(self.install("evil-folder"), lambda world: None, "evil-folder", "6.6.4")

    def test_PluginInTheNextRunGetsTheManagersOwnOnly(self):
        def installed(world):
            self.manage(self.install("evil-plugin"), world=world)

        self.victims = ("home/.gemrc",)
        self.is_stopped([self.gem, "list", "--local"], installed, "", "", role="manager",
                        status=0)
