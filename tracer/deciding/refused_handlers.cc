#include "tracer/deciding/refused_handlers.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "tracer/deciding/call_arguments.h"
#include "tracer/filter/syscall_table.h"

#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

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

std::string Request(const SyscallInvocation& call) {
  char text[16];
  snprintf(text, sizeof(text), "0x%x", UnsignedArgument(call, 1));
  return text;
}

// Of the options that the filter asks about, those that are no source routes or their kin.
bool IsMembership(const SyscallInvocation& call) {
  constexpr int kIpOptions = 4;
  constexpr int kIpv6PacketOptions2292 = 6;
  constexpr int kIpv6FlowLabelManager = 32;
  constexpr int kIpv6RoutingHeader = 57;
  const int level = IntArgument(call, 1);
  const int option = IntArgument(call, 2);
  if (level == IPPROTO_IP) return option != kIpOptions;
  return level == IPPROTO_IPV6 && option != kIpv6PacketOptions2292 &&
         option != kIpv6FlowLabelManager && option != kIpv6RoutingHeader;
}

Refusal RefuseOption(const SyscallInvocation& call) {
  if (IntArgument(call, 1) == IPPROTO_TCP) {
    return {ENOPROTOOPT, &kForbidden, "connect inside a send (TCP fast open)"};
  }
  if (IsMembership(call)) return {EPERM, &kForbidden, "join a multicast group"};
  return {EPERM, &kForbidden, "set a source route"};
}

bool IsTerminalInput(uint32_t request) {
  return request == TIOCSTI || request == TIOCLINUX || request == TIOCCONS;
}

Refusal RefusalOf(const SyscallInvocation& call) {
  switch (call.number) {
    case SYS_socket:
      return RefuseSocket(call);
    case SYS_setsockopt:
      return RefuseOption(call);
    case SYS_seccomp:
      return {EBUSY, &kForbidden, "install a listener of its own"};
    case SYS_ioctl:
      return {EPERM, &kForbidden,
              IsTerminalInput(UnsignedArgument(call, 1))
                  ? "type into the terminal"
                  : "change a file or file system by request " + Request(call)};
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
  // A group's address, and so the report that goes out, is the joiner's choice. Servers announce
  // themselves so; nothing that was downloaded does.
  const Subject& subject = process.domain->subject;
  const bool is_trusted = subject.role != Role::kPackage && !subject.downloaded;
  if (call.number == SYS_setsockopt && is_trusted && IsMembership(call)) {
    return Continue{ContinueReason::kRegistersOnly};
  }
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
