// Changes a new image before its first instruction: edits its environment and lays a tighter
// Landlock domain on it by system calls injected into it. Works for static and dynamic programs.
#ifndef SAFE_TRACE_TRACER_TRACEE_EXEC_SURGERY_H_
#define SAFE_TRACE_TRACER_TRACEE_EXEC_SURGERY_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/arch/x86_64.h"
#include "tracer/tracee/initial_stack.h"
#include "tracer/tracee/ptrace_event.h"
#include "tracer/tracee/tracee_memory.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

struct SurgeryPlan {
  EnvironmentEdit environment;
  UniqueFd ruleset;  // Landlock ruleset to be laid on; invalid: none
  bool empty() const { return environment.empty() && !ruleset.valid(); }
};

// One operation on one task, driven by the loop: Begin at the exec event, then Advance with each of
// the task's stops until it says done. A failure anywhere means that the task must be killed.
// Signals that arrive meanwhile are kept and delivered afterwards.
class ExecSurgery {
 public:
  enum class Progress { kWaiting, kDone };

  ExecSurgery(const TraceeMemory& memory, pid_t tid, SurgeryPlan plan)
      : memory_(memory), tid_(tid), plan_(std::move(plan)) {}

  // The task is in its exec event stop; it is resumed up to the end of the execve.
  absl::Status Begin();
  // Takes a stop of the task. kDone: it has been resumed in its new image.
  absl::StatusOr<Progress> Advance(const PtraceEvent& event);
  // True while the injected call waits for the ruleset: the loop then answers the notification
  // that has ST_SURGERY_DIRFD as its directory with ruleset().
  bool WaitsForRuleset() const { return step_ == Step::kReceiveRuleset; }
  int ruleset() const { return plan_.ruleset.get(); }

 private:
  enum class Step { kExecExit, kReceiveRuleset, kRestrict, kClose };

  absl::StatusOr<Progress> AtExecExit();
  absl::Status EditEnvironment();
  absl::StatusOr<Progress> AfterInjectedCall();
  absl::Status Inject(int number, uint64_t a0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0);
  absl::StatusOr<Progress> Finish();

  const TraceeMemory& memory_;
  pid_t tid_;
  SurgeryPlan plan_;
  Step step_ = Step::kExecExit;
  Registers registers_{};    // as the new image will begin with
  uint64_t saved_word_ = 0;  // the text under the injected instruction
  bool text_changed_ = false;
  int64_t received_fd_ = -1;
  std::vector<int> signals_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_EXEC_SURGERY_H_
