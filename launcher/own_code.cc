#include "launcher/own_code.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "launcher/host_paths.h"
#include "policy/lexical_path.h"
#include "policy/profile.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumDirectories = 64;

class Directories {
 public:
  explicit Directories(const std::string& working_directory)
      : working_directory_(working_directory) {}

  void Add(std::string_view path) {
    const std::string named = NormalizePath(JoinPath(working_directory_, std::string(path)));
    AddOne(named);
    AddOne(CanonicalPath(named));
  }

  std::string Joined() const {
    std::string text;
    for (const std::string& directory : directories_) {
      if (!text.empty()) text += ':';
      text += directory;
    }
    return text;
  }

 private:
  void AddOne(const std::string& path) {
    const bool is_usable = path.size() > 1 && path[0] == '/' && path.find(':') == path.npos;
    if (!is_usable || directories_.size() >= kMaximumDirectories) return;
    if (std::find(directories_.begin(), directories_.end(), path) == directories_.end()) {
      directories_.push_back(path);
    }
  }

  const std::string& working_directory_;
  std::vector<std::string> directories_;
};

}  // namespace

std::string OwnCode(const HostFacts& facts, const Config& config) {
  Directories directories(facts.working_directory);
  directories.Add(facts.working_directory);
  directories.Add(facts.Project());
  const std::string script = InterpretedScript(facts.arguments);
  if (!script.empty()) {
    directories.Add(ParentPath(NormalizePath(JoinPath(facts.working_directory, script))));
    directories.Add(ParentPath(CanonicalPath(JoinPath(facts.working_directory, script))));
  }
  const std::string python_path = facts.Variable("PYTHONPATH");
  for (const std::string_view directory : SplitSkipEmpty(python_path, ':')) {
    directories.Add(directory);
  }
  for (const Entry& directory : config.guard_own_code) {
    const bool is_in_home = directory.value.starts_with("~/");
    directories.Add(is_in_home ? facts.home + directory.value.substr(1) : directory.value);
  }
  return directories.Joined();
}

}  // namespace safe_trace
