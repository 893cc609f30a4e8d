// The files that a profile names as a manager's configuration, and who believes them.
#ifndef SAFE_TRACE_LAUNCHER_REGISTRY_FILES_H_
#define SAFE_TRACE_LAUNCHER_REGISTRY_FILES_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/host_facts.h"
#include "policy/path_template.h"
#include "policy/profile.h"

namespace safe_trace {

// What a profile's templates stand for when its manager is started as `facts` say. With
// `facts.nested` the command line counts for nothing.
TemplateFacts TemplatesOfCommand(const HostFacts& facts, const Profile& profile);

struct RegistryFile {
  std::string path;         // absolute, normalised, not canonical
  bool is_project = false;  // counts only where the user trusts it
};

// The files that `source` asks for, whether they exist or not, each once. "{ancestors}" at a
// template's beginning: the working directory and each above it, at most 64. A file of the project
// is one that the source says is (or asks for in ancestors), and any that lies in the project; not
// what lies right in the home as an ancestor or as the working directory, and where the project
// holds the home nothing is beneath it but what the source says.
std::vector<RegistryFile> RegistryFiles(const ConfigurationSource& source, const HostFacts& facts,
                                        const TemplateFacts& templates);

// The text of a file of at most 1 MiB. NotFound where there is nothing to read: absent, not
// readable, a directory, /dev/null. Other failures say why it does not count: no regular file, too
// large; a file of the user or the system must belong to `user` or root and not be writable by all.
absl::StatusOr<std::string> ReadRegistryFile(const RegistryFile& file, uid_t user);

// `path` with "~" for the home, fit for a terminal and free of passwords.
std::string ShownPath(const std::string& path, const std::string& home);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_REGISTRY_FILES_H_
