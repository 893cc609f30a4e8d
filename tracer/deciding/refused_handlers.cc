#include "tracer/deciding/refused_handlers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <string>

#include "tracer/deciding/call_arguments.h"
#include "tracer/filter/syscall_table.h"

namespace safe_trace {
namespace {

// Refused, but asked for by honest programs that then do without.
const Rule kUnavailable{"floor.unavailable", "not offered under supervision"};
// No install needs these; they reach into other processes, the machine or the terminal.
const Rule kForbidden{"floor.forbidden", "it would get around the supervision"};

struct Refusal {
  int error;
  const Rule* rule;
  std::string doing;
};

Refusal RefuseSocket(const SyscallInvocation& call) {
  int family = IntArgument(call, 0);
  int type = IntArgument(call, 1) & 0xf;
  int protocol = IntArgument(call, 2);
  std::string doing = "make a socket of family " + std::to_string(family) + ", type " +
                      std::to_string(type) + ", protocol " + std::to_string(protocol);
  bool is_inet = family == AF_INET || family == AF_INET6;
  if (family == AF_PACKET || (is_inet && type == SOCK_RAW)) return {EPERM, &kForbidden, doing};
  if (is_inet && type != SOCK_STREAM && type != SOCK_DGRAM) return {EPERM, &kUnavailable, doing};
  if (is_inet || family == AF_NETLINK) return {EPROTONOSUPPORT, &kUnavailable, doing};
  return {EAFNOSUPPORT, &kUnavailable, doing};
}

Refusal RefusalOf(const SyscallInvocation& call) {
  switch (call.number) {
    case SYS_socket:
      return RefuseSocket(call);
    case SYS_setsockopt: {
      bool fast_open = IntArgument(call, 1) == IPPROTO_TCP;
      return {fast_open ? ENOPROTOOPT : EPERM, &kForbidden,
              fast_open ? "connect inside a send (TCP fast open)" : "set a source route"};
    }
    case SYS_seccomp:
      return {EBUSY, &kForbidden, "install a listener of its own"};
    case SYS_ioctl:
      return {EPERM, &kForbidden, "type into the terminal"};
    case SYS_clone:
    case SYS_unshare:
      return {EPERM, &kForbidden, "leave the supervision or enter a namespace of its own"};
    case SYS_process_vm_readv:
    case SYS_process_vm_writev:
      return {EPERM, &kForbidden, "reach into another process"};
    default:
      break;
  }
  const SyscallEntry* entry = FindSyscall(call.number);
  if (entry == nullptr) return {ENOSYS, &kUnavailable, "make an unknown call"};
  return {entry->error, entry->forbidden ? &kForbidden : &kUnavailable,
          "call " + std::string(entry->name)};
}

}  // namespace

SyscallAction RefusedHandlers::Handle(const SyscallInvocation& call, const Process& process) const {
  Refusal refusal = RefusalOf(call);
  TraceEvent event;
  event.action = "call-refused";
  event.category = "process";
  event.Set("safe_trace.syscall", std::string(SyscallName(call.number)));
  event.Set("safe_trace.what", refusal.doing);
  bool is_violation = refusal.rule == &kForbidden;
  reporter_.ReportDecision(process, {Verdict::kDeny, refusal.error, refusal.rule, is_violation},
                           std::move(event), refusal.doing, "");
  return Fail{refusal.error};
}

}  // namespace safe_trace
