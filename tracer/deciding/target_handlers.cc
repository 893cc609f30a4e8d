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

const Rule kSignalOutside{"process.signal",
                          "only processes of the run, and nested ones, may be signalled"};
const Rule kChangeOther{"process.limits", "only a process's own and nested ones may be limited"};

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

bool TargetHandlers::IsWithinReach(const Process& process, pid_t task) const {
  const Process* target = tree_.FindByThread(task);
  if (target == nullptr) return false;
  // A manager that the command starts is confined no further than the command.
  const Domain* reach = process.domain.get();
  while (reach->subject.role == Role::kManager && reach->outer != nullptr) {
    reach = reach->outer.get();
  }
  for (const Domain* at = target->domain.get(); at != nullptr; at = at->outer.get()) {
    if (at == reach) return true;
  }
  return false;
}

SyscallAction TargetHandlers::Signal(const SyscallInvocation& call, const Process& process,
                                     pid_t target, int signal) const {
  if (target > 0 && IsWithinReach(process, target)) {
    return Continue{ContinueReason::kRegistersOnly};
  }
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
                               std::to_string(target) + ", which is not its own",
                           "");
  return Fail{EPERM};
}

// Priorities, limits, processors: they slow down or end their target (RLIMIT_FSIZE 0).
SyscallAction TargetHandlers::ChangeOther(const SyscallInvocation& call, const Process& process,
                                          pid_t target, bool names_process) const {
  // What names a group or a user would reach others.
  if (names_process && IsWithinReach(process, target)) {
    return Continue{ContinueReason::kRegistersOnly};
  }
  const bool only_reads = call.number == SYS_prlimit64 && call.arguments[2] == 0;
  if (only_reads && tree_.FindByThread(target) != nullptr) {
    return Continue{ContinueReason::kRegistersOnly};
  }
  const std::string name(SyscallName(call.number));
  const std::string doing =
      "change the limits of process " + std::to_string(target) + " (" + name + ")";
  TraceEvent event;
  event.action = "call-refused";
  event.category = "process";
  event.Set("safe_trace.syscall", name);
  event.Set("safe_trace.what", doing);
  event.Set("safe_trace.target_pid", int64_t{target});
  const bool is_violation = process.domain->subject.role == Role::kPackage && !only_reads;
  reporter_.ReportDecision(process, {Verdict::kDeny, EPERM, &kChangeOther, is_violation},
                           std::move(event), doing, "");
  return Fail{EPERM};
}

SyscallAction TargetHandlers::AttachSharedMemory(const SyscallInvocation& call,
                                                 const Process& process) const {
  struct shmid_ds segment {};
  if (shmctl(IntArgument(call, 0), IPC_STAT, &segment) != 0) return Fail{errno};
  // Segments outlive their creator; only those made by a living process are told apart.
  if (IsWithinReach(process, segment.shm_cpid)) return Continue{ContinueReason::kRegistersOnly};
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
      return ChangeOther(call, process, second, names_process);
    }
    case SYS_shmat:
    case SYS_shmctl:
      return AttachSharedMemory(call, process);
    default:
      return ChangeOther(call, process, first, true);
  }
}

}  // namespace safe_trace
