// `safe-trace trace prune`: removes old traces from one directory, and nothing else.
#ifndef SAFE_TRACE_TOOLS_TRACE_PRUNE_H_
#define SAFE_TRACE_TOOLS_TRACE_PRUNE_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// With both bounds a trace goes only where both say so; with none, nothing goes.
struct PruneRequest {
  std::optional<uint64_t> keep;             // the newest so many stay
  std::optional<uint64_t> older_than_days;  // by the time in the run's id
  bool dry_run = false;
};

// NotFound where it is not there; refused where it is a link or another user's.
absl::StatusOr<UniqueFd> OpenPruneDirectory(const std::string& path);

// Looks only at regular files of this user that are named as runs are, follows no link, and leaves
// what a run still writes: its writer holds a lock, which the removal needs itself. `now` in
// seconds since 1970. Returns 0, or 2 where something that should go could not be removed.
int PruneTraces(int directory, const PruneRequest& request, int64_t now, std::ostream& out,
                std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_PRUNE_H_
