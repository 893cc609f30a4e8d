// The root of the project that a manager is started in: where it puts its lock files and what it
// installs and builds, which may be above the working directory.
#ifndef SAFE_TRACE_LAUNCHER_PROJECT_ROOT_H_
#define SAFE_TRACE_LAUNCHER_PROJECT_ROOT_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "policy/profile.h"

namespace safe_trace {

struct ProjectSearch {
  std::string working_directory;  // canonical
  uid_t user = 0;
  std::vector<std::string> homes;        // neither these nor what holds them is a project above
  std::vector<std::string> temporaries;  // nor is one of these
  std::string limit;                     // nor is what lies above this; may be empty
};

// As `profile` says: the nearest directory with a marker, or above that the workspace that claims
// it; the working directory where there is none. The way up ends before a home, a temporary
// directory, one that many share (/srv), and before a directory that is not the user's or root's or
// that everybody may write: there anybody could leave a marker. So a marker counts only where it is
// the user's or root's and not everybody may write it. Goes up at most 64 directories and reads at
// most 1 MiB of a marker.
std::string FindProjectRoot(const Profile& profile, const ProjectSearch& search);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PROJECT_ROOT_H_
