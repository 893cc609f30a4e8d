#include "launcher/made_directories.h"

#include <sys/stat.h>
#include <unistd.h>

#include "launcher/host_paths.h"
#include "launcher/registry_files.h"
#include "policy/lexical_path.h"
#include "policy/path_template.h"

namespace safe_trace {

namespace {

constexpr size_t kMostOnTheWay = 16;

// The directories that lack on the way to `path`, itself included, the highest first.
std::vector<std::string> Lacking(const std::string& path) {
  std::vector<std::string> lacking;
  struct stat info {};
  for (std::string at = path; lstat(at.c_str(), &info) != 0; at = ParentOf(at)) {
    if (lacking.size() == kMostOnTheWay) return {};
    lacking.insert(lacking.begin(), at);
  }
  return lacking;
}

}  // namespace

MadeDirectories::MadeDirectories(const Profile& profile, const HostFacts& facts) {
  const TemplateFacts templates = TemplatesOfCommand(facts, profile);
  for (const std::string& tmpl : profile.makes) {
    for (const std::string& path : ExpandTemplate(tmpl, templates)) {
      // XDG_CACHE_HOME may lead elsewhere.
      if (std::string(ParentPath(path)) != facts.home) continue;
      if (mkdir(path.c_str(), 0777) == 0) paths_.push_back(path);
    }
  }
  for (const std::string& tmpl : profile.builds) {
    for (const std::string& path : ExpandTemplate(tmpl, templates)) {
      if (IsWithin(path, facts.Project())) continue;
      for (const std::string& directory : Lacking(path)) {
        if (mkdir(directory.c_str(), 0777) == 0) paths_.push_back(directory);
      }
    }
  }
}

MadeDirectories::~MadeDirectories() {
  for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) rmdir(path->c_str());
}

}  // namespace safe_trace
