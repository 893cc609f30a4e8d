// Paths made comparable between two runs.
#ifndef SAFE_TRACE_POLICY_PATH_CLASS_H_
#define SAFE_TRACE_POLICY_PATH_CLASS_H_

#include <string>
#include <string_view>

namespace safe_trace {

// Where a run has its places. Both normalised; "" where unknown.
struct PathPlaces {
  std::string project;
  std::string home;
};

// A few words for where a path lies, the same in every run:
//   "package"             the directory of the package `name` itself
//   "installed packages"  site-packages, dist-packages, node_modules
//   "project"
//   "~", "~/NAME"         the home, and what lies directly in it, with all beneath
//   "temporary", "system", "kernel" (/proc, /sys), "devices"
//   "/NAME"               of everything else the topmost directory
// Of project and home the deeper one counts. `name` and `version` may be "".
std::string PathClass(std::string_view path, const PathPlaces& places, std::string_view name,
                      std::string_view version);

// The path without what differs from run to run: numbers, long hexadecimal runs, random parts of
// temporary names, the place of the project ("<project>") and of the home ("~"), and `version`
// ("" where unknown). Two paths that give the same text are the same behaviour.
std::string ComparablePath(std::string_view path, const PathPlaces& places,
                           std::string_view version);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PATH_CLASS_H_
