// What /proc/TID/status says about a task: its identity for acting on its behalf, its signals.
#ifndef SAFE_TRACE_TRACER_TRACEE_PROCESS_STATUS_H_
#define SAFE_TRACE_TRACER_TRACEE_PROCESS_STATUS_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

struct ProcessStatus {
  pid_t tgid = 0;
  pid_t parent = 0;
  mode_t umask = 022;
  uid_t fsuid = 0;
  gid_t fsgid = 0;
  std::vector<gid_t> groups;
  uint64_t pending_signals = 0;  // thread and process, bit N-1 for signal N
  uint64_t blocked_signals = 0;
  uint64_t ignored_signals = 0;

  // A signal waits that would interrupt a blocking call.
  bool Interrupted() const { return (pending_signals & ~blocked_signals & ~ignored_signals) != 0; }
};

// NotFound where the task is gone.
absl::StatusOr<ProcessStatus> ReadProcessStatus(pid_t tid);

// Acts on the file system as a task would, for the lifetime of the object. Where the task's
// identity is the supervisor's own (nearly always) nothing is done. Not movable, loop thread only.
class ScopedIdentity {
 public:
  explicit ScopedIdentity(const ProcessStatus& status);
  ~ScopedIdentity();
  ScopedIdentity(const ScopedIdentity&) = delete;
  ScopedIdentity& operator=(const ScopedIdentity&) = delete;
  // False where the identity could not be taken on: the call must be refused.
  bool ok() const { return ok_; }

 private:
  bool changed_ = false;
  bool ok_ = true;
  std::vector<gid_t> saved_groups_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_PROCESS_STATUS_H_
