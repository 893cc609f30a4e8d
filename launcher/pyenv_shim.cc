#include "launcher/pyenv_shim.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "launcher/host_paths.h"
#include "launcher/path_search.h"

namespace safe_trace {
namespace {

constexpr size_t kVersionFileBytes = 4096;
constexpr size_t kMostVersions = 512;

// Names become path components: what could leave the versions directory is refused, as by pyenv.
bool IsVersionName(const std::string& name) {
  return !name.empty() && name.front() != '/' && !absl::StrContains(name, "..");
}

// One version per line or blank; comments begin with '#'.
std::vector<std::string> VersionsIn(const std::string& file) {
  std::vector<std::string> versions;
  absl::StatusOr<std::string> text = ReadSmallFile(file, kVersionFileBytes);
  if (!text.ok()) return versions;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    line = line.substr(0, line.find('#'));
    for (absl::string_view word :
         absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
      versions.emplace_back(word);
    }
  }
  return versions;
}

std::vector<std::string> SelectedVersions(const HostFacts& facts, const std::string& root) {
  if (std::string chosen = facts.Variable("PYENV_VERSION"); !chosen.empty()) {
    return absl::StrSplit(chosen, ':', absl::SkipEmpty());
  }
  for (std::string at = facts.working_directory; !at.empty(); at = ParentOf(at)) {
    std::string file = absl::StrCat(at == "/" ? "" : at, "/.python-version");
    if (IsRegularFile(file)) return VersionsIn(file);
    if (at == "/") break;
  }
  return VersionsIn(root + "/version");
}

std::vector<int> Numbers(absl::string_view version) {
  std::vector<int> numbers;
  for (absl::string_view part : absl::StrSplit(version, '.')) {
    int number = -1;
    if (!absl::SimpleAtoi(part, &number)) number = -1;
    numbers.push_back(number);
  }
  return numbers;
}

// "3.11" stands for the newest installed 3.11.x.
std::string NewestWithPrefix(const std::string& versions, const std::string& prefix) {
  std::string best;
  for (const std::string& name : ListDirectory(versions, kMostVersions)) {
    if (!absl::StartsWith(name, prefix + ".")) continue;
    if (best.empty() || Numbers(best) < Numbers(name)) best = name;
  }
  return best;
}

// The installed version's name for a selected one; "" where there is none.
std::string InstalledVersion(const std::string& root, const std::string& selected) {
  const std::string versions = root + "/versions";
  for (const std::string& name : {selected, std::string(absl::StripPrefix(selected, "python-"))}) {
    if (!IsVersionName(name)) return "";
    if (IsDirectory(absl::StrCat(versions, "/", name))) return name;
    if (std::string newest = NewestWithPrefix(versions, name); !newest.empty()) return newest;
  }
  return "";
}

std::string SystemProgram(const HostFacts& facts, const std::string& root,
                          const std::string& program) {
  std::vector<std::string> directories;
  for (absl::string_view entry : absl::StrSplit(facts.Variable("PATH"), ':')) {
    if (entry != root + "/shims") directories.emplace_back(entry);
  }
  absl::StatusOr<std::string> found = FindProgram(program, absl::StrJoin(directories, ":"));
  return found.ok() ? AbsolutePath(facts.working_directory, *found) : std::string();
}

}  // namespace

std::string PyenvRootOfShim(std::string_view text) {
  constexpr std::string_view kExport = "export PYENV_ROOT=\"";
  size_t at = text.find(kExport);
  if (at == std::string_view::npos ||
      text.find("pyenv\" exec \"$program\"") == std::string_view::npos) {
    return "";
  }
  text.remove_prefix(at + kExport.size());
  std::string root(text.substr(0, text.find('"')));
  return !root.empty() && root.front() == '/' ? root : std::string();
}

std::string ResolvePyenvShim(const HostFacts& facts, const std::string& root,
                             const std::string& program) {
  std::vector<std::string> selected = SelectedVersions(facts, root);
  if (selected.empty()) selected.emplace_back("system");
  if (selected.size() > kMostVersions) selected.resize(kMostVersions);
  for (const std::string& version : selected) {
    std::string path;
    if (version == "system") {
      path = SystemProgram(facts, root, program);
    } else if (std::string installed = InstalledVersion(root, version); !installed.empty()) {
      path = absl::StrCat(root, "/versions/", installed, "/bin/", program);
    }
    if (!path.empty() && IsProgram(path)) return path;
  }
  return "";
}

}  // namespace safe_trace
