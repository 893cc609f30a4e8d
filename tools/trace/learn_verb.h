// `safe-trace policy learn`.
#ifndef SAFE_TRACE_TOOLS_TRACE_LEARN_VERB_H_
#define SAFE_TRACE_TOOLS_TRACE_LEARN_VERB_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

struct LearnRequest {
  std::string lock_path = "safe-trace.lock";  // "-": standard output
  bool unverified = false;                    // also from traces that are not whole
};

// The file that the lock goes to, open before the program confines itself and as it was; invalid
// for standard output. Refuses what OpenReportFile refuses.
absl::StatusOr<UniqueFd> OpenLockFile(const LearnRequest& request,
                                      const std::vector<std::string>& traces);

// Reads the traces and writes the lock; nothing is written unless all could be used. The exit
// status: 0 written; 1 a trace is not whole, or no trace; 2 it could not be read or written.
int LearnLock(const std::vector<std::string>& traces, const LearnRequest& request, int lock_fd,
              std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_LEARN_VERB_H_
