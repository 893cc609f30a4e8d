#include "launcher/toolchain_roots.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/host_paths.h"
#include "launcher/python_layout.h"
#include "policy/lexical_path.h"

namespace safe_trace {
namespace {

constexpr size_t kMostPathEntries = 256;

bool IsSystemPrefix(std::string_view path) { return path == "/usr" || path == "/usr/local"; }

class RootCollector {
 public:
  explicit RootCollector(const HostFacts& facts) : facts_(facts) {}

  // A directory of programs: its prefix where that is narrow enough.
  void AddProgramDirectory(const std::string& directory) {
    std::string path = CanonicalPath(directory);
    std::string name = BaseNameOf(path), prefix = ParentOf(path);
    bool has_prefix = name == "bin" || name == "sbin" || name == "shims";
    if (has_prefix && !IsTooBroad(prefix)) {
      Add(prefix);
      return;
    }
    Add(path);
    if (has_prefix && IsUserBase(prefix)) Add(prefix + "/lib");
  }

  void AddNamedRoot(const std::string& root) {
    if (!root.empty() && root.front() == '/') Add(CanonicalPath(root));
  }

  // An interpreter's prefix; where that is too broad, the parts that make it run.
  void AddInterpreterPrefix(const std::string& prefix) {
    if (!IsTooBroad(prefix)) {
      Add(prefix);
      return;
    }
    for (const char* part : {"/bin", "/lib", "/lib64", "/include"}) Add(prefix + part);
  }

  std::vector<std::string> Take() { return WithoutNested(std::move(roots_)); }

 private:
  void Add(const std::string& root) {
    if (!IsForbidden(root) && IsDirectory(root)) roots_.push_back(root);
  }

  bool IsUserBase(const std::string& path) const {
    return !facts_.home.empty() && path == AbsolutePath(facts_.home, ".local");
  }

  // Never a root, however it was named.
  bool IsForbidden(const std::string& path) const {
    if (path == "/") return true;
    if (IsSystemPrefix(path)) return false;
    auto above = [&](const std::string& inner) { return IsWithin(inner, path); };
    return std::any_of(facts_.homes.begin(), facts_.homes.end(), above) ||
           std::any_of(facts_.temporary_directories.begin(), facts_.temporary_directories.end(),
                       above);
  }

  // Holds more than a toolchain: the project, or all that the user installed.
  bool IsTooBroad(const std::string& prefix) const {
    if (IsForbidden(prefix) || IsUserBase(prefix)) return true;
    if (!IsWithin(facts_.working_directory, prefix)) return false;
    return std::any_of(facts_.homes.begin(), facts_.homes.end(),
                       [&](const std::string& home) { return IsWithin(prefix, home); });
  }

  const HostFacts& facts_;
  std::vector<std::string> roots_;
};

void AddPathEntries(const HostFacts& facts, RootCollector& roots) {
  size_t count = 0;
  for (absl::string_view entry : absl::StrSplit(facts.Variable("PATH"), ':', absl::SkipEmpty())) {
    if (++count > kMostPathEntries) break;
    std::string directory(entry);
    if (directory.front() == '/' && IsDirectory(directory)) roots.AddProgramDirectory(directory);
  }
}

void AddVersionManagers(const HostFacts& facts, RootCollector& roots) {
  struct Manager {
    const char* variable;
    const char* below_home;
  };
  for (const Manager& manager : {Manager{"PYENV_ROOT", ".pyenv"}, Manager{"NVM_DIR", ".nvm"},
                                 Manager{"RUSTUP_HOME", ".rustup"}}) {
    std::string root = facts.Variable(manager.variable);
    if (root.empty() && !facts.home.empty()) root = AbsolutePath(facts.home, manager.below_home);
    roots.AddNamedRoot(root);
  }
  roots.AddNamedRoot(facts.Variable("CONDA_PREFIX"));
  roots.AddNamedRoot(facts.Variable("VIRTUAL_ENV"));
  // CONDA_EXE is ROOT/bin/conda, ROOT holding the packages that environments link to.
  if (std::string conda = facts.Variable("CONDA_EXE"); !conda.empty() && conda.front() == '/') {
    roots.AddNamedRoot(ParentOf(ParentOf(conda)));
  }
}

void AddPython(const HostFacts& facts, RootCollector& roots) {
  for (const auto& layout : {LayoutOfCommand(facts), LayoutOfPip(facts)}) {
    if (!layout) continue;
    roots.AddInterpreterPrefix(layout->prefix);
    roots.AddInterpreterPrefix(layout->base_prefix);
    std::string user_base = facts.Variable("PYTHONUSERBASE");
    if (user_base.empty() && !facts.home.empty()) user_base = AbsolutePath(facts.home, ".local");
    if (user_base.empty() || user_base.front() != '/') continue;
    for (const std::string& library : layout->libraries) {
      roots.AddNamedRoot(absl::StrCat(user_base, "/lib/", library));
    }
  }
}

}  // namespace

std::vector<std::string> ToolchainRoots(const HostFacts& facts) {
  RootCollector roots(facts);
  AddPathEntries(facts, roots);
  AddVersionManagers(facts, roots);
  if (!facts.command_executable.empty()) {
    roots.AddProgramDirectory(ParentOf(facts.command_executable));
  }
  std::string interpreter = ResolveInterpreter(facts, ProgramAsStarted(facts));
  if (!interpreter.empty()) roots.AddProgramDirectory(ParentOf(interpreter));
  AddPython(facts, roots);
  return roots.Take();
}

}  // namespace safe_trace
