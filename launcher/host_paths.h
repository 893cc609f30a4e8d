// Small bounded reads and path questions that the launcher asks of the host before a run.
#ifndef SAFE_TRACE_LAUNCHER_HOST_PATHS_H_
#define SAFE_TRACE_LAUNCHER_HOST_PATHS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/lexical_path.h"

namespace safe_trace {

// The content of a regular file of at most `limit` bytes. NotFound where it is absent, not readable
// or not a regular file (a pipe is never read: the command itself wants its content);
// ResourceExhausted where it is longer.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t limit);
// Up to `limit` bytes from the beginning of a regular file; empty where it cannot be read.
std::string ReadFileHead(const std::string& path, size_t limit);

bool IsDirectory(const std::string& path);
bool IsRegularFile(const std::string& path);
// A regular file that this process may execute.
bool IsProgram(const std::string& path);
// True where this process could write `path`, or make it beneath its nearest existing ancestor.
bool CouldWrite(const std::string& path);

// Names of a directory's entries, at most `limit`, sorted.
std::vector<std::string> ListDirectory(const std::string& path, size_t limit);

// Symlinks resolved as far as the path exists, the rest normalised lexically. `path` is absolute.
std::string CanonicalPath(const std::string& path);
// `path` made absolute beneath `directory`; not normalised.
std::string AbsolutePath(std::string_view directory, std::string_view path);
// As ParentPath and BaseName of policy/lexical_path.h, owning their text.
std::string ParentOf(std::string_view path);
std::string BaseNameOf(std::string_view path);
// Sorted, each once, and none that lies beneath another. All normalised.
std::vector<std::string> WithoutNested(std::vector<std::string> paths);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_HOST_PATHS_H_
