// Paths made comparable between two runs.
#ifndef SAFE_TRACE_TOOLS_TRACE_PATH_CLASS_H_
#define SAFE_TRACE_TOOLS_TRACE_PATH_CLASS_H_

#include <string>
#include <string_view>

namespace safe_trace {

// "project", "installed packages" (site-packages, node_modules), "home", "temporary"
// or "other": the first that holds. `project` is the run's working directory, "" where unknown.
std::string_view DirectoryClass(std::string_view path, std::string_view project);

// The path without what differs from run to run: numbers, long hexadecimal runs, random parts of
// temporary names, the place of the project ("<project>") and of the home ("~"), and `version`
// ("" where unknown). Two paths that give the same text are the same behaviour.
std::string ComparablePath(std::string_view path, std::string_view project,
                           std::string_view version);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_PATH_CLASS_H_
