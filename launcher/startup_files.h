// Files that make later runs start differently: what an install leaves of them is told to the user.
#ifndef SAFE_TRACE_LAUNCHER_STARTUP_FILES_H_
#define SAFE_TRACE_LAUNCHER_STARTUP_FILES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

struct StartupFile {
  std::string path;
  // Which package brought it, as the manager's own records say: "evil-pth 1.0"; "" where unknown.
  std::string package;
};

// Looks at what a profile's `startup_files` match, when it is made and again at the end.
class StartupFiles {
 public:
  // May be called for each manager of a run, before it has installed anything.
  void Watch(const Profile& profile, const HostFacts& facts);
  // New or changed since; of .pth files those with a line that runs code. At most 64, sorted.
  std::vector<StartupFile> Changed() const;

 private:
  struct State {
    int64_t inode = 0, size = 0, changed_ns = 0;
    bool operator==(const State&) const = default;
  };
  using Files = std::map<std::string, State>;
  static Files Look(const std::vector<std::string>& globs);

  std::vector<std::string> globs_;
  Files before_;
};

// The paths that an absolute glob matches; `*` does not match '/'. Looks at 20,000 entries of a
// directory and gives 4,096 paths at most.
std::vector<std::string> MatchingPaths(const std::string& glob);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_STARTUP_FILES_H_
