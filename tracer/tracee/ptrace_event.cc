#include "tracer/tracee/ptrace_event.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>

#include "tracer/tracee/ptrace_requests.h"

namespace safe_trace {
namespace {

bool IsStoppingSignal(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

pid_t EventPid(pid_t tid) {
  absl::StatusOr<uint64_t> message = EventMessage(tid);
  return message.ok() ? static_cast<pid_t>(*message) : 0;
}

}  // namespace

std::optional<PtraceEvent> DecodeWaitStatus(pid_t tid, int status) {
  if (WIFEXITED(status)) return PtraceEvent{PtraceEventKind::kExited, tid, WEXITSTATUS(status), 0};
  if (WIFSIGNALED(status)) return PtraceEvent{PtraceEventKind::kKilled, tid, WTERMSIG(status), 0};
  if (!WIFSTOPPED(status)) return std::nullopt;
  int signal = WSTOPSIG(status);
  switch (status >> 16) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
      return PtraceEvent{PtraceEventKind::kNewChild, tid, 0, EventPid(tid)};
    case PTRACE_EVENT_CLONE:
      return PtraceEvent{PtraceEventKind::kNewThread, tid, 0, EventPid(tid)};
    case PTRACE_EVENT_EXEC:
      return PtraceEvent{PtraceEventKind::kExec, tid, 0, EventPid(tid)};
    case PTRACE_EVENT_STOP:
      if (IsStoppingSignal(signal)) return PtraceEvent{PtraceEventKind::kGroupStop, tid, signal, 0};
      return PtraceEvent{PtraceEventKind::kInterruptStop, tid, signal, 0};
    case 0:
      if (signal == (SIGTRAP | 0x80)) return PtraceEvent{PtraceEventKind::kSyscallStop, tid, 0, 0};
      return PtraceEvent{PtraceEventKind::kSignal, tid, signal, 0};
    default:
      return PtraceEvent{PtraceEventKind::kInterruptStop, tid, signal, 0};
  }
}

}  // namespace safe_trace
