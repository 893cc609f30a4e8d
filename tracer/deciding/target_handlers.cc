#include "tracer/deciding/target_handlers.h"

#include <signal.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tracer/deciding/call_arguments.h"
#include "tracer/filter/syscall_table.h"

namespace safe_trace {
namespace {

const Rule kSignalOutside{"process.signal", "only processes of the run may be signalled"};

bool IsZombie(pid_t pid) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/stat", pid);
  FILE* file = fopen(path, "re");
  if (file == nullptr) return false;
  char text[512] = {};
  size_t size = fread(text, 1, sizeof(text) - 1, file);
  fclose(file);
  // The name, in parentheses, may hold anything: the state follows the last one.
  const char* end = static_cast<const char*>(memrchr(text, ')', size));
  return end != nullptr && end[1] == ' ' && (end[2] == 'Z' || end[2] == 'X');
}

// The process behind a caller's pidfd; -1 where it is none or gone.
pid_t PidOfPidfd(pid_t tid, int fd) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", tid, fd);
  FILE* file = fopen(path, "re");
  if (file == nullptr) return -1;
  char line[256];
  int pid = -1;
  while (fgets(line, sizeof(line), file) != nullptr) {
    if (sscanf(line, "Pid: %d", &pid) == 1) break;
  }
  fclose(file);
  return pid;
}

}  // namespace

bool TargetHandlers::IsOurs(pid_t task) const { return tree_.FindByThread(task) != nullptr; }

SyscallAction TargetHandlers::Signal(const SyscallInvocation& call, const Process& process,
                                     pid_t target, int signal) const {
  if (target > 0 && IsOurs(target)) return Continue{ContinueReason::kRegistersOnly};
  // 0, -1 and groups would reach the supervisor too, which shares the terminal's process group.
  if (target <= 0 && signals_scoped_) return Continue{ContinueReason::kFloorEnforced};
  if (target > 0 && kill(target, 0) != 0 && errno == ESRCH) return Fail{ESRCH};
  // A process of the run that ended and is not reaped by its parent yet: nothing can be done to it.
  if (IsZombie(target)) return Return{0};
  TraceEvent event;
  event.action = "signal-refused";
  event.category = "process";
  event.Set("safe_trace.syscall", std::string(SyscallName(call.number)));
  event.Set("safe_trace.signal", int64_t{signal});
  event.Set("safe_trace.target_pid", int64_t{target});
  // Signal 0 only asks whether somebody is alive: programs check their lock files so.
  reporter_.ReportDecision(process, {Verdict::kDeny, EPERM, &kSignalOutside, signal != 0},
                           std::move(event),
                           "send signal " + std::to_string(signal) + " to process " +
                               std::to_string(target) + " outside the run",
                           "");
  return Fail{EPERM};
}

SyscallAction TargetHandlers::AttachSharedMemory(const SyscallInvocation& call) const {
  struct shmid_ds segment {};
  if (shmctl(IntArgument(call, 0), IPC_STAT, &segment) != 0) return Fail{errno};
  // Segments outlive their creator; only those made by a living process of the run are ours.
  if (IsOurs(segment.shm_cpid)) return Continue{ContinueReason::kRegistersOnly};
  return Fail{EACCES};
}

SyscallAction TargetHandlers::Handle(const SyscallInvocation& call, const Process& process) const {
  pid_t first = IntArgument(call, 0);
  pid_t second = IntArgument(call, 1);
  switch (call.number) {
    case SYS_kill:
    case SYS_tkill:
    case SYS_rt_sigqueueinfo:
      return Signal(call, process, first, second);
    case SYS_tgkill:
    case SYS_rt_tgsigqueueinfo:
      return Signal(call, process, first, IntArgument(call, 2));
    case SYS_pidfd_send_signal:
      // The descriptor could be exchanged before the kernel looks; only without Landlock's signal
      // scope is this asked at all, and then the tree loses pidfd signals to others.
      return Signal(call, process, PidOfPidfd(call.tid, first), second);
    case SYS_setpriority:
    case SYS_ioprio_set: {
      constexpr int kProcess = 0;  // PRIO_PROCESS; IOPRIO_WHO_PROCESS is 1
      bool names_process = first == (call.number == SYS_ioprio_set ? 1 : kProcess);
      if (names_process && IsOurs(second)) return Continue{ContinueReason::kRegistersOnly};
      return Fail{EPERM};
    }
    case SYS_shmat:
    case SYS_shmctl:
      return AttachSharedMemory(call);
    default:
      if (IsOurs(first)) return Continue{ContinueReason::kRegistersOnly};
      return Fail{EPERM};
  }
}

}  // namespace safe_trace
