// One system call that the supervisor was asked about.
#ifndef SAFE_TRACE_TRACER_DECIDING_SYSCALL_INVOCATION_H_
#define SAFE_TRACE_TRACER_DECIDING_SYSCALL_INVOCATION_H_

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace safe_trace {

struct SyscallInvocation {
  uint64_t notification_id = 0;
  pid_t tid = 0;  // the calling thread, in the supervisor's pid namespace
  int number = 0;
  std::array<uint64_t, 6> arguments{};
  uint64_t instruction_pointer = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_SYSCALL_INVOCATION_H_
