#include "tracer/supervisor/notification_dispatcher.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "preload/shim_protocol.h"
#include "tracer/deciding/call_arguments.h"
#include "tracer/filter/syscall_table.h"
#include "tracer/network/remote_socket.h"
#include "tracer/tracee/process_status.h"

namespace safe_trace {
namespace {

std::string Hexadecimal(uint64_t value) {
  char text[32];
  snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// Most calls; an import takes nothing away from them.
bool IsPlainRead(const SyscallInvocation& call) {
  uint32_t flags = 0;
  if (call.number == SYS_openat) {
    flags = UnsignedArgument(call, 2);
  } else if (call.number == SYS_open) {
    flags = UnsignedArgument(call, 1);
  } else {
    return false;
  }
  return (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) == O_RDONLY;
}

}  // namespace

absl::Status NotificationDispatcher::ReceiveOne() {
  absl::StatusOr<SyscallInvocation> call = listener_.Receive();
  if (absl::IsNotFound(call.status())) return absl::OkStatus();
  if (!call.ok()) return call.status();
  ++count_;
  Act(*call);
  return absl::OkStatus();
}

void NotificationDispatcher::DecideParked() {
  for (const SyscallInvocation& call : std::exchange(parked_, {})) {
    // Killed, or interrupted by a signal: then the task asks again by itself.
    if (listener_.IsValid(call.notification_id)) Act(call);
  }
}

void NotificationDispatcher::Act(const SyscallInvocation& call) {
  reporter_.BeginCall(call.tid);
  SyscallAction action = Decide(call);
  std::optional<TraceEvent> stack = reporter_.TakeStackEvent();
  const Process* process = stack.has_value() ? tree_.FindByThread(call.tid) : nullptr;
  if (process != nullptr) stacks_.Await(call.tid, *process, *std::move(stack));
  uint64_t id = call.notification_id;
  if (auto* deferred = std::get_if<Deferred>(&action)) {
    workers_.Submit(id, call.tid, std::move(*deferred));
  } else if (auto* answer = std::get_if<Continue>(&action)) {
    Answer(id, *answer);
  } else if (auto* failure = std::get_if<Fail>(&action)) {
    Answer(id, *failure);
  } else if (auto* value = std::get_if<Return>(&action)) {
    Answer(id, *value);
  } else if (auto* injected = std::get_if<InjectFd>(&action)) {
    Answer(id, std::move(*injected));
  } else if (std::holds_alternative<Park>(action)) {
    parked_.push_back(call);
  }
}

void NotificationDispatcher::Answer(uint64_t id, const Deferred::Result& result) {
  // A task that died meanwhile needs no answer: NotFound is expected, and nothing else can be done
  // about another failure than to refuse.
  absl::Status status;
  if (std::holds_alternative<Continue>(result)) {
    status = listener_.RespondContinue(id);
  } else if (const auto* failure = std::get_if<Fail>(&result)) {
    status = listener_.RespondError(id, failure->error);
  } else if (const auto* value = std::get_if<Return>(&result)) {
    status = listener_.RespondValue(id, value->value);
  } else if (const auto* injected = std::get_if<InjectFd>(&result)) {
    status = listener_.RespondWithFd(id, injected->fd.get(), injected->close_on_exec);
  }
  // The task's table of descriptors was full, or the like.
  if (!status.ok() && !absl::IsNotFound(status)) {
    (void)listener_.RespondError(id, absl::IsResourceExhausted(status) ? EMFILE : EACCES);
  }
}

SyscallAction NotificationDispatcher::Decide(const SyscallInvocation& call) {
  if (call.number == SYS_openat && IntArgument(call, 0) == ST_SURGERY_DIRFD) {
    int ruleset = surgery_.RulesetFor(call.tid);
    if (ruleset < 0) return Fail{EBADF};
    int copy = dup(ruleset);
    return copy < 0 ? SyscallAction(Fail{EMFILE}) : SyscallAction(InjectFd{UniqueFd(copy), true});
  }
  Process* process = tree_.FindByThread(call.tid);
  // Every task is known before its first instruction. One that is not is no task of this run.
  if (process == nullptr) return Fail{EPERM};
  if (call.number == SYS_openat && IntArgument(call, 0) == ST_SHIM_DIRFD) {
    return HandleShimRecord(call, *process);
  }
  const bool may_differ = process->domain->subject.role == Role::kProgram && !IsPlainRead(call);
  if (!may_differ || !imports_.IsImporting(*process, call.tid)) return DecideFor(call, *process);
  // For this call alone.
  std::shared_ptr<const Domain> domain = process->domain;
  process->domain = imports_.DomainAtImport(domain);
  SyscallAction action = DecideFor(call, *process);
  process->domain = std::move(domain);
  return action;
}

SyscallAction NotificationDispatcher::DecideFor(const SyscallInvocation& call, Process& process) {
  const SyscallEntry* entry = FindSyscall(call.number);
  if (entry == nullptr) return Fail{ENOSYS};
  switch (entry->group) {
    case HandlerGroup::kOpen:
      return handlers_.open.Handle(call, process);
    case HandlerGroup::kNames:
      return handlers_.names.Handle(call, process);
    case HandlerGroup::kAttributes:
      return handlers_.attributes.Handle(call, process);
    case HandlerGroup::kExec:
      return handlers_.exec.Handle(call, process);
    case HandlerGroup::kNetwork:
      return handlers_.network.Handle(call, process);
    case HandlerGroup::kTarget:
      return handlers_.target.Handle(call, process);
    case HandlerGroup::kIoctl:
      return HandleIoctl(call, process);
    case HandlerGroup::kRefused:
      return handlers_.refused.Handle(call, process);
    case HandlerGroup::kNone:
      break;
  }
  return Fail{ENOSYS};
}

SyscallAction NotificationDispatcher::HandleIoctl(const SyscallInvocation& call, Process& process) {
  switch (UnsignedArgument(call, 1)) {
    case TIOCGPTPEER: {
      UniqueFd master;
      const int error = DuplicateDescriptor(process, call.tid, IntArgument(call, 0), master);
      // Where the kernel refuses duplicates programs open the terminal by its name.
      if (error != 0) return Fail{error == EBADF ? EBADF : ENOTTY};
      return handlers_.open.OpenPeer(call, master.get());
    }
    case FS_IOC_SETFLAGS:
      return handlers_.attributes.Handle(call, process);
    default:
      return handlers_.refused.Handle(call, process);
  }
}

// What the shim says is context for the reader of the trace; nothing is decided by it.
SyscallAction NotificationDispatcher::HandleShimRecord(const SyscallInvocation& call,
                                                       Process& process) {
  st_shim_record record{};
  if (!memory_.ReadValue(call.tid, call.arguments[1], record).ok()) return Fail{EBADF};
  if (memcmp(record.marker, "safetrc", sizeof(record.marker)) != 0 ||
      record.version != ST_SHIM_VERSION) {
    return Fail{EBADF};
  }
  size_t length = std::min<size_t>(record.length, sizeof(record.text));
  std::string text(record.text, strnlen(record.text, length));
  TraceEvent event;
  event.outcome = "unknown";
  if (record.event == ST_EVENT_VARIABLE_LOOKUP) {
    event.action = "variable-lookup";
    event.category = "process";
    event.Set("safe_trace.variable", text);
  } else if (record.event == ST_EVENT_NAME_LOOKUP) {
    IpAddress literal;
    if (ParseIpAddress(text, literal)) return Return{0};  // libc looks up nothing
    if (handlers_.network.IsAskingForName(process, text)) return Park{};
    event.action = "name-lookup";
    event.category = "network";
    event.Set("dns.question.name", text);
  } else if (record.event == ST_EVENT_CONTEXT_TABLE) {
    process.context_table = record.caller;
    return Return{0};
  } else {
    return Fail{EBADF};
  }
  event.Set("safe_trace.mechanism", std::string("shim"));
  event.Set("safe_trace.caller", Hexadecimal(record.caller));
  reporter_.ReportEvent(process, std::move(event));
  return Return{0};
}

void NotificationDispatcher::AnswerFinishedWork() {
  for (auto& [id, result] : workers_.TakeResults()) Answer(id, result);
}

void NotificationDispatcher::InterruptAbandonedWork() {
  for (const auto& [id, tid] : workers_.Unfinished()) {
    if (IsAbandoned(id, tid)) workers_.Interrupt(id);
  }
  std::erase_if(parked_, [this](const SyscallInvocation& call) {
    if (!IsAbandoned(call.notification_id, call.tid)) return false;
    // With no answer yet the call goes on, if at all, as a new one.
    Answer(call.notification_id, Fail{kRestartCall});
    return true;
  });
}

bool NotificationDispatcher::IsAbandoned(uint64_t id, pid_t tid) const {
  if (!listener_.IsValid(id)) return true;
  absl::StatusOr<ProcessStatus> status = ReadProcessStatus(tid);
  return !status.ok() || status->Interrupted();
}

}  // namespace safe_trace
