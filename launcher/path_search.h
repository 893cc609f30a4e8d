// Finds the program that a shell would start for a word.
#ifndef SAFE_TRACE_LAUNCHER_PATH_SEARCH_H_
#define SAFE_TRACE_LAUNCHER_PATH_SEARCH_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace safe_trace {

// As execvp: a name with a '/' stands for itself, otherwise the directories of `path_variable` are
// tried in order; an empty entry is the current directory. An empty `path_variable` is taken for an
// unset PATH: "/bin:/usr/bin". The path is returned as found, symlinks kept, relative where the
// entry is. NotFound: exit status 127. PermissionDenied (found, but a directory, another special
// file, or without the right to execute): exit status 126.
absl::StatusOr<std::string> FindProgram(std::string_view name, std::string_view path_variable);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PATH_SEARCH_H_
