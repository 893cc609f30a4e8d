// A wait status as a typed event. One function makes it, the supervisor acts on it.
#ifndef SAFE_TRACE_TRACER_TRACEE_PTRACE_EVENT_H_
#define SAFE_TRACE_TRACER_TRACEE_PTRACE_EVENT_H_

#include <sys/types.h>

#include <optional>

namespace safe_trace {

enum class PtraceEventKind {
  kExited,         // value: exit status
  kKilled,         // value: signal
  kNewChild,       // fork or vfork; other: the child's pid
  kNewThread,      // clone; other: the new task, a thread or a process
  kExec,           // other: the thread that called exec, before it took the leader's tid
  kSignal,         // signal-delivery-stop; value: the signal
  kGroupStop,      // value: the stopping signal
  kInterruptStop,  // a new task's first stop, or after SIGCONT
  kSyscallStop,    // entry or exit of a system call, only while stepped so
};

struct PtraceEvent {
  PtraceEventKind kind;
  pid_t tid = 0;
  int value = 0;
  pid_t other = 0;
};

// Decodes what waitpid reported. Empty where the status is none of a seized task's.
std::optional<PtraceEvent> DecodeWaitStatus(pid_t tid, int status);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_PTRACE_EVENT_H_
