#include "launcher/startup_files.h"

#include <sys/stat.h>

#include <algorithm>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/registry_files.h"
#include "policy/path_pattern.h"
#include "policy/path_template.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMostEntries = 20000;
constexpr size_t kMostPaths = 4096;
constexpr size_t kMostReported = 64;
constexpr size_t kMostGlobs = 256;
constexpr size_t kMostText = 64 << 10;
constexpr size_t kMostRecord = 4 << 20;

// Of a .pth file only lines that begin so are run; the others name directories.
bool RunsCode(const std::string& path) {
  const std::string text = ReadFileHead(path, kMostText);
  for (std::string_view line : Split(text, '\n')) {
    if (line.starts_with("import ") || line.starts_with("import\t")) return true;
  }
  return false;
}

// "evil_pth-1.0.dist-info" to "evil_pth 1.0".
std::string DistributionOf(std::string_view directory) {
  directory = directory.substr(0, directory.rfind('.'));
  const size_t dash = directory.rfind('-');
  if (dash == std::string_view::npos) return std::string(directory);
  return Concat(directory.substr(0, dash), " ", directory.substr(dash + 1));
}

// What Python's managers record beside each distribution: the files that it brought.
std::string OwnerByRecord(const std::string& path) {
  const std::string site = ParentOf(path);
  const std::string wanted = Concat("\n", BaseNameOf(path), ",");
  for (const std::string& entry : ListDirectory(site, kMostEntries)) {
    if (!entry.ends_with(".dist-info")) continue;
    const std::string record = Concat(
        "\n", ReadFileHead(Concat(site, "/", entry, "/RECORD"), kMostRecord));
    if (record.find(wanted) != std::string::npos) return DistributionOf(entry);
  }
  return "";
}

// .../gems/evil-1.0/lib/rubygems_plugin.rb
std::string OwnerByGem(std::string_view path) {
  const std::vector<std::string_view> parts = SplitSkipEmpty(path, '/');
  for (size_t i = parts.size(); i-- > 1;) {
    if (parts[i - 1] == "gems") return DistributionOf(Concat(parts[i], ".gem"));
  }
  return "";
}

std::string OwnerOf(const std::string& path) {
  const std::string owner = OwnerByRecord(path);
  return owner.empty() ? OwnerByGem(path) : owner;
}

}  // namespace

std::vector<std::string> MatchingPaths(const std::string& glob) {
  std::vector<std::string> paths = {""};
  for (std::string_view component : SplitSkipEmpty(glob, '/')) {
    std::vector<std::string> deeper;
    for (const std::string& path : paths) {
      if (!HasGlobCharacters(component)) {
        deeper.push_back(Concat(path, "/", component));
        continue;
      }
      for (const std::string& name :
           ListDirectory(path.empty() ? "/" : path, kMostEntries)) {
        if (MatchesGlob(component, name) && deeper.size() < kMostPaths) {
          deeper.push_back(Concat(path, "/", name));
        }
      }
    }
    paths = std::move(deeper);
  }
  return paths;
}

StartupFiles::Files StartupFiles::Look(const std::vector<std::string>& globs) {
  Files files;
  for (const std::string& glob : globs) {
    for (std::string& path : MatchingPaths(glob)) {
      struct stat info {};
      if (files.size() >= kMostPaths || stat(path.c_str(), &info) != 0 ||
          !S_ISREG(info.st_mode)) {
        continue;
      }
      files[std::move(path)] = {static_cast<int64_t>(info.st_ino), info.st_size,
                                info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec};
    }
  }
  return files;
}

void StartupFiles::Watch(const Profile& profile, const HostFacts& facts) {
  const TemplateFacts templates = TemplatesOfCommand(facts, profile);
  std::vector<std::string> added;
  for (const std::string& text : profile.startup_files) {
    for (std::string& glob : ExpandTemplate(text, templates)) {
      const bool known = std::find(globs_.begin(), globs_.end(), glob) != globs_.end();
      if (!known && globs_.size() + added.size() < kMostGlobs) added.push_back(std::move(glob));
    }
  }
  before_.merge(Look(added));
  globs_.insert(globs_.end(), added.begin(), added.end());
}

std::vector<StartupFile> StartupFiles::Changed() const {
  std::vector<StartupFile> changed;
  for (const auto& [path, state] : Look(globs_)) {
    const auto known = before_.find(path);
    if (known != before_.end() && known->second == state) continue;
    if (path.ends_with(".pth") && !RunsCode(path)) continue;
    if (changed.size() < kMostReported) changed.push_back({path, OwnerOf(path)});
  }
  return changed;
}

}  // namespace safe_trace
