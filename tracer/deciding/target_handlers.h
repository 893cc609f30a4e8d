// Calls that name another process by number, and System V shared memory: only the run's own
// processes may be meant. The number lies in a register, so what is decided on is what happens.
#ifndef SAFE_TRACE_TRACER_DECIDING_TARGET_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_TARGET_HANDLERS_H_

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

class TargetHandlers {
 public:
  // `tree` outlives the handlers. Loop thread only.
  explicit TargetHandlers(ProcessTree& tree) : tree_(tree) {}

  SyscallAction Handle(const SyscallInvocation& call) const;

 private:
  bool IsOurs(pid_t task) const;
  SyscallAction Signal(const SyscallInvocation& call, pid_t target) const;
  SyscallAction AttachSharedMemory(const SyscallInvocation& call) const;

  ProcessTree& tree_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_TARGET_HANDLERS_H_
