// Directories that a manager would make by itself, made before the run.
#ifndef SAFE_TRACE_LAUNCHER_MADE_DIRECTORIES_H_
#define SAFE_TRACE_LAUNCHER_MADE_DIRECTORIES_H_

#include <string>
#include <vector>

#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

// The kernel cannot grant a home without its hidden files: it grants what is there when the run
// begins. What is made beside them later can be read and written, by the supervisor's help, but no
// program in it can be run.
class MadeDirectories {
 public:
  MadeDirectories() = default;
  // Makes what `profile.makes` names in the home and is not there, and what `profile.builds` names
  // outside the project, with the directories on the way; a failure is the manager's to report.
  MadeDirectories(const Profile& profile, const HostFacts& facts);
  // Takes away again what is still empty.
  ~MadeDirectories();
  MadeDirectories(const MadeDirectories&) = delete;
  MadeDirectories& operator=(const MadeDirectories&) = delete;

  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_MADE_DIRECTORIES_H_
