// Calls that name another process by number, and System V shared memory: only the run's own
// processes may be meant, and by package code only its own. The number lies in a register, so what
// is decided on is what happens.
#ifndef SAFE_TRACE_TRACER_DECIDING_TARGET_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_TARGET_HANDLERS_H_

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

class TargetHandlers {
 public:
  // Both references outlive the handlers. Loop thread only. `signals_scoped`: Landlock refuses
  // signals to processes outside, whoever is named.
  TargetHandlers(ProcessTree& tree, Reporter& reporter, bool signals_scoped)
      : tree_(tree), reporter_(reporter), signals_scoped_(signals_scoped) {}

  SyscallAction Handle(const SyscallInvocation& call, const Process& process) const;

 private:
  // Of the run, and in the caller's domain or in one nested inside it, as Landlock scopes signals.
  bool IsWithinReach(const Process& process, pid_t task) const;
  SyscallAction ChangeOther(const SyscallInvocation& call, const Process& process, pid_t target,
                            bool names_process) const;
  SyscallAction Signal(const SyscallInvocation& call, const Process& process, pid_t target,
                       int signal) const;
  SyscallAction AttachSharedMemory(const SyscallInvocation& call, const Process& process) const;

  ProcessTree& tree_;
  Reporter& reporter_;
  bool signals_scoped_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_TARGET_HANDLERS_H_
