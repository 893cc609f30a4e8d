"""Makers of gems and of both indexes that gem reads: the compact one and the marshalled specs.

The archives and the marshalled parts are written by ruby itself; nothing needs a gem of its own.
"""

import hashlib
import json
import os
import subprocess

from world import write_file

EXTCONF_RB = 'require "mkmf"\ncreate_makefile("native_part")\n'
NATIVE_PART_C = r'''
#include <ruby.h>
static VALUE answer(VALUE self) { (void)self; return INT2FIX(42); }
void Init_native_part(void) {
  rb_define_module_function(rb_define_module("NativePart"), "answer", answer, 0);
}
'''
RAKEFILE = r'''
task :default do
  require "fileutils"
  where = ENV["RUBYLIBDIR"] || ENV["RUBYARCHDIR"]
  FileUtils.mkdir_p(where)
  File.write(File.join(where, "raked_part.rb"), "RAKED = 7\n")
end
'''

# Reads a description from standard input, writes the gem and its quick spec, says the new index.
MAKER = r'''
require "rubygems/package"; require "json"; require "zlib"; require "fileutils"
order = JSON.parse($stdin.read)
folder = order["folder"]
%w[gems quick/Marshal.4.8].each { |name| FileUtils.mkdir_p(File.join(folder, name)) }
tuples = []
order["gems"].each do |one|
  Dir.chdir(one["source"]) do
    spec = Gem::Specification.new do |s|
      s.name, s.version, s.files = one["name"], one["version"], one["files"]
      s.summary, s.authors, s.license = "a gem of the tests", ["Test"], "MIT"
      s.date = Time.at(1704164646)
      s.homepage = "http://127.0.0.1/"
      s.require_paths = ["lib"]
      s.extensions, s.executables = one["extensions"], one["executables"]
      s.bindir = "bin"
      one["dependencies"].each { |wanted, all| s.add_dependency(wanted, *all.split(", ")) }
    end
    built = Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(spec, true) }
    FileUtils.mv(built, File.join(folder, "gems", spec.file_name))
    spec = Gem::Package.new(File.join(folder, "gems", spec.file_name)).spec
    File.binwrite(File.join(folder, "quick/Marshal.4.8", spec.full_name + ".gemspec.rz"),
                  Zlib::Deflate.deflate(Marshal.dump(spec)))
    tuples << [spec.name, spec.version, spec.original_platform.to_s]
  end
end
latest = tuples.group_by(&:first).map { |_, all| all.max_by { |t| t[1] } }
{"specs" => tuples, "latest_specs" => latest, "prerelease_specs" => []}.each do |name, list|
  Zlib::GzipWriter.open(File.join(folder, name + ".4.8.gz")) { |gz| gz.write(Marshal.dump(list)) }
end
'''


def c_extension():
    """(files, extensions) of a gem whose extconf.rb builds C: NativePart.answer is 42."""
    return ({"ext/native/extconf.rb": EXTCONF_RB, "ext/native/native_part.c": NATIVE_PART_C},
            ["ext/native/extconf.rb"])


def rake_extension():
    """(files, extensions) of a gem built by rake: raked_part.rb says RAKED = 7."""
    return {"ext/Rakefile": RAKEFILE}, ["ext/Rakefile"]


class GemRegistry:
    """Writes beneath `folder`; add() everything, then write()."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url + "/"
        self._gems = []

    def add(self, name, version, files=None, dependencies=(), extensions=(), executables=()):
        """`files`: path in the gem -> content; `dependencies`: name -> requirement;
        `executables`: names of files in bin/."""
        files = {"lib/%s.rb" % name.replace("-", "_"): "# a gem of the tests\n"} \
            if files is None else files
        source = os.path.join(self.folder, "sources", "%s-%s" % (name, version))
        for path, content in files.items():
            write_file(os.path.join(source, path), content,
                       0o755 if path.startswith("bin/") else 0o644)
        self._gems.append({"name": name, "version": version, "files": sorted(files),
                           "source": source, "extensions": list(extensions),
                           "executables": list(executables), "dependencies": dict(dependencies)})

    def write(self, ruby, env):
        """Builds the gems and the indexes with `ruby`, run in the environment `env`."""
        order = json.dumps({"folder": self.folder, "gems": self._gems})
        made = subprocess.run([ruby, "-e", MAKER], input=order.encode(), env=env,
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=120)
        if made.returncode != 0:
            raise RuntimeError("no gems: " + made.stdout.decode("utf-8", "replace"))
        self._write_compact_index()

    def _write_compact_index(self):
        lines = {}
        for gem in self._gems:
            path = os.path.join(self.folder, "gems", "%s-%s.gem" % (gem["name"], gem["version"]))
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            wanted = ",".join("%s:%s" % (name, requirement.replace(", ", "&"))
                              for name, requirement in gem["dependencies"].items())
            lines.setdefault(gem["name"], []).append(
                (gem["version"], "%s %s|checksum:%s" % (gem["version"], wanted, digest)))
        versions = "created_at: 2024-01-02T03:04:06Z\n---\n"
        for name, entries in sorted(lines.items()):
            info = "---\n" + "\n".join(line for _, line in entries) + "\n"
            write_file(os.path.join(self.folder, "info", name), info)
            versions += "%s %s %s\n" % (name, ",".join(version for version, _ in entries),
                                        hashlib.md5(info.encode()).hexdigest())
        write_file(os.path.join(self.folder, "versions"), versions)
        write_file(os.path.join(self.folder, "names"), "---\n" + "\n".join(sorted(lines)) + "\n")
