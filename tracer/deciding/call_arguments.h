// Typed views of a notified call's register arguments, and the bounded copy of its path.
#ifndef SAFE_TRACE_TRACER_DECIDING_CALL_ARGUMENTS_H_
#define SAFE_TRACE_TRACER_DECIDING_CALL_ARGUMENTS_H_

#include <string>

#include "tracer/deciding/syscall_invocation.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// The kernel takes int arguments from the low half of the register.
inline int IntArgument(const SyscallInvocation& call, size_t index) {
  return static_cast<int>(static_cast<uint32_t>(call.arguments[index]));
}
inline uint32_t UnsignedArgument(const SyscallInvocation& call, size_t index) {
  return static_cast<uint32_t>(call.arguments[index]);
}
inline TaskRef TaskOf(const SyscallInvocation& call, const Process& process) {
  return {call.tid, process.tgid};
}

// A path argument: at most PATH_MAX - 1 bytes. Returns 0 or the errno that the kernel would give:
// EFAULT, ENAMETOOLONG; ESRCH where the task is gone.
int ReadPath(const TraceeMemory& memory, pid_t tid, uint64_t address, std::string& path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_CALL_ARGUMENTS_H_
