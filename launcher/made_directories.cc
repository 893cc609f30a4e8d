#include "launcher/made_directories.h"

#include <sys/stat.h>
#include <unistd.h>

#include "launcher/host_paths.h"
#include "launcher/registry_files.h"
#include "policy/lexical_path.h"
#include "policy/path_template.h"

namespace safe_trace {

MadeDirectories::MadeDirectories(const Profile& profile, const HostFacts& facts) {
  const TemplateFacts templates = TemplatesOfCommand(facts, profile);
  for (const std::string& tmpl : profile.makes) {
    for (const std::string& path : ExpandTemplate(tmpl, templates)) {
      // XDG_CACHE_HOME may lead elsewhere.
      if (std::string(ParentPath(path)) != facts.home) continue;
      if (mkdir(path.c_str(), 0777) == 0) paths_.push_back(path);
    }
  }
}

MadeDirectories::~MadeDirectories() {
  for (const std::string& path : paths_) rmdir(path.c_str());
}

}  // namespace safe_trace
