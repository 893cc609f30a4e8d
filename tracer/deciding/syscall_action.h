// How a notified call is answered. Every decision about pointed-to memory ends in one of these.
#ifndef SAFE_TRACE_TRACER_DECIDING_SYSCALL_ACTION_H_
#define SAFE_TRACE_TRACER_DECIDING_SYSCALL_ACTION_H_

#include <cstdint>
#include <functional>
#include <string_view>
#include <variant>

#include "tracer/unique_fd.h"

namespace safe_trace {

// Why the kernel may be left to run the call although its arguments could change now.
enum class ContinueReason : uint8_t {
  kRegistersOnly,  // what was decided on lies in registers, which nobody can change
  kFloorEnforced,  // the Landlock domain or the static filter refuses what we would refuse
  kAuditOnly,      // nothing was decided; the call is only recorded
  kKernelMustRun,  // exec: the verdict is retaken on what really runs
};
std::string_view ContinueReasonName(ContinueReason reason);

struct Continue {
  ContinueReason reason;
};
struct Fail {
  int error;  // errno value, positive
};
// ERESTARTSYS, for a call whose task has a signal pending: the kernel then restarts the call, or
// makes it EINTR, as the handler's SA_RESTART says.
inline constexpr int kRestartCall = 512;
struct Return {
  int64_t value;  // what the call returns
};
// The supervisor's descriptor becomes the call's result.
struct InjectFd {
  UniqueFd fd;
  bool close_on_exec = false;
};
// The answer comes later: `work` runs on a worker thread, may block, and returns the action
// (never Deferred again). It must give up when `interrupted()` turns true: return Fail{EINTR}.
struct Deferred {
  using Result = std::variant<Continue, Fail, Return, InjectFd>;
  std::function<Result(const std::function<bool()>& interrupted)> work;
};
// Nothing is answered here: the task was killed or the call is answered elsewhere.
struct NoAnswer {};

// The user is being asked: the call waits, and is decided on anew when there is an answer.
struct Park {};

using SyscallAction = std::variant<Continue, Fail, Return, InjectFd, Deferred, NoAnswer, Park>;

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_SYSCALL_ACTION_H_
