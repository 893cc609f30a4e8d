// The traces in a directory: listing them and finding one by a part of its name.
#ifndef SAFE_TRACE_TOOLS_TRACE_RUN_CATALOG_H_
#define SAFE_TRACE_TOOLS_TRACE_RUN_CATALOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

struct RunEntry {
  std::string id;                      // the file's name without its suffix; raw bytes
  std::string path;                    // raw bytes
  std::string when;                    // safe text
  std::vector<std::string> command;    // raw bytes
  std::optional<int64_t> exit_status;  // absent: unfinished or unreadable
  std::optional<int64_t> violations;
  std::string verdict;  // "clean", "violations", "unfinished", "running", "damaged",
  // "too new" (of a later schema version), "unreadable", "not a trace"
};

// Newest first by name, at most `kMaxListedRuns`. A directory that is not there has no runs.
inline constexpr size_t kMaxListedRuns = 10'000;
absl::StatusOr<std::vector<RunEntry>> ListRuns(const std::string& directory);

// True where `text` names a file rather than a run: it holds a '/' or is named like one.
bool IsTraceFileName(std::string_view text);

// The path of the run whose id, or whose id's random part, begins with `text`; of the newest where
// `text` is empty. NotFound, or InvalidArgument where several fit; the message says what to do.
absl::StatusOr<std::string> FindRun(const std::string& directory, std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_RUN_CATALOG_H_
