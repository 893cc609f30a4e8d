// Calls that are never allowed, whatever their arguments or for these arguments: answered with the
// errno that programs expect, and written down. What must be refused even without a supervisor is
// refused by it as well: a notification without one fails with ENOSYS.
#ifndef SAFE_TRACE_TRACER_DECIDING_REFUSED_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_REFUSED_HANDLERS_H_

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

class RefusedHandlers {
 public:
  // `reporter` outlives the handlers. Loop thread only.
  explicit RefusedHandlers(Reporter& reporter) : reporter_(reporter) {}

  // Everything decided on lies in registers; the call never runs, but for multicast groups that
  // others than package code join.
  SyscallAction Handle(const SyscallInvocation& call, const Process& process) const;

 private:
  Reporter& reporter_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_REFUSED_HANDLERS_H_
