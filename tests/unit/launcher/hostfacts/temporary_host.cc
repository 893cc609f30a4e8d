#include "temporary_host.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "launcher/host_paths.h"

namespace safe_trace {

namespace fs = std::filesystem;

TemporaryHost::TemporaryHost() {
  char made[] = "/tmp/safe-trace-host-XXXXXX";
  if (mkdtemp(made) == nullptr) std::abort();
  root_ = fs::canonical(made);
  MakeDirectory("home");
  MakeDirectory("work");
}

TemporaryHost::~TemporaryHost() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string TemporaryHost::MakeDirectory(const std::string& name) {
  fs::create_directories(Path(name));
  return Path(name);
}

std::string TemporaryHost::Write(const std::string& name, const std::string& text) {
  MakeDirectory(ParentOf(name) == "/" ? "" : ParentOf(name));
  std::ofstream(Path(name)) << text;
  return Path(name);
}

std::string TemporaryHost::WriteProgram(const std::string& name, const std::string& text) {
  std::string path = Write(name, text);
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

std::string TemporaryHost::WriteBinary(const std::string& name) {
  return WriteProgram(name,
                      "\x7f"
                      "ELF");
}

std::string TemporaryHost::Link(const std::string& target, const std::string& name) {
  MakeDirectory(ParentOf(name) == "/" ? "" : ParentOf(name));
  fs::create_symlink(target, Path(name));
  return Path(name);
}

void TemporaryHost::MakePython(const std::string& prefix, const std::string& library) {
  WriteBinary(absl::StrCat(prefix, "/bin/", library));
  Link(library, prefix + "/bin/python3");
  Link("python3", prefix + "/bin/python");
  Write(absl::StrCat(prefix, "/lib/", library, "/os.py"), "");
}

void TemporaryHost::MakePip(const std::string& prefix, const std::string& interpreter) {
  WriteProgram(prefix + "/bin/pip", absl::StrCat("#!", interpreter, "\nimport pip\n"));
}

void TemporaryHost::MakeVirtualEnvironment(const std::string& prefix,
                                           const std::string& base_prefix,
                                           const std::string& library) {
  Link(Path(base_prefix + "/bin/python3"), prefix + "/bin/python");
  Write(prefix + "/pyvenv.cfg",
        absl::StrCat("home = ", Path(base_prefix), "/bin\ninclude-system-site-packages = false\n"));
  MakeDirectory(absl::StrCat(prefix, "/lib/", library, "/site-packages"));
  MakePip(prefix, Path(prefix + "/bin/python"));
}

void TemporaryHost::MakePyenv(const std::string& pyenv_root,
                              const std::vector<std::string>& versions) {
  WriteProgram(pyenv_root + "/shims/pip",
               absl::StrCat("#!/usr/bin/env bash\nset -e\n\nprogram=\"${0##*/}\"\n\n",
                            "export PYENV_ROOT=\"", Path(pyenv_root), "\"\nexec \"",
                            Path(pyenv_root), "/libexec/pyenv\" exec \"$program\" \"$@\"\n"));
  for (const std::string& version : versions) {
    std::string prefix = absl::StrCat(pyenv_root, "/versions/", version);
    std::string library = absl::StrCat("python", version.substr(0, version.rfind('.')));
    MakePython(prefix, library);
    MakePip(prefix, absl::StrCat(Path(prefix), "/bin/", library));
  }
}

HostSources TemporaryHost::Sources(const std::vector<std::string>& path) const {
  HostSources sources;
  sources.environment = {"HOME=" + Path("home"), "PATH=" + absl::StrJoin(path, ":")};
  sources.working_directory = Path("work");
  sources.user_id = 12345;
  sources.passwd_file = Path("etc/passwd");
  return sources;
}

HostFacts TemporaryHost::Facts(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& path) const {
  HostFacts facts;
  facts.home = Path("home");
  facts.homes = {facts.home};
  facts.working_directory = Path("work");
  facts.arguments = arguments;
  facts.environment = {{"HOME", facts.home}, {"PATH", absl::StrJoin(path, ":")}};
  // Keeps the machine's own pip configuration out.
  facts.environment["XDG_CONFIG_DIRS"] = Path("etc/xdg");
  return facts;
}

Profile PipProfile() {
  Profile profile;
  profile.name = "pip";
  return profile;
}

Profile GenericProfile() {
  Profile profile;
  profile.name = "generic";
  return profile;
}

}  // namespace safe_trace
