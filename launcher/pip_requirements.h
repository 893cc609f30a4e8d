// Where pip will look for distributions, and the requirements files that may change it.
#ifndef SAFE_TRACE_LAUNCHER_PIP_REQUIREMENTS_H_
#define SAFE_TRACE_LAUNCHER_PIP_REQUIREMENTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "launcher/pip_command_line.h"
#include "policy/host_facts.h"

namespace safe_trace {

struct PipUrl {
  std::string url;
  std::string origin;  // "--index-url", "/etc/pip.conf:3", "requirements.txt:7"
};

// What pip's own finder holds; options of requirements files act on it in order.
struct PipSources {
  std::vector<PipUrl> index_urls;
  std::vector<PipUrl> find_links;
  std::vector<PipUrl> direct;  // URLs of single requirements and of requirements files
  bool no_index = false;
};

// A requirements or constraints file: a path as given, relative to `directory`.
struct PipRequirementFile {
  std::string path;
  std::string directory;
};

// Follows the files and those that they name, at most 64, 8 deep, 1 MiB each; ResourceExhausted
// beyond. Files that cannot be read are passed over: pip will say so. ${NAME} is replaced from
// `facts.environment`.
absl::Status ReadRequirementFiles(const HostFacts& facts,
                                  const std::vector<PipRequirementFile>& files,
                                  PipSources& sources);

// Words of a line, quotes and backslashes as in a shell.
std::vector<std::string> SplitWords(std::string_view line);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PIP_REQUIREMENTS_H_
