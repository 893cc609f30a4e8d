#include "tracer/network/socket_name_handler.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "tracer/network/remote_socket.h"

namespace safe_trace {
namespace {

// Nothing is decided here: who asks about a socket of its own learns what it could know anyway.
constexpr Continue kLeaveToKernel{ContinueReason::kAuditOnly};

// The connected socket; invalid where the descriptor is none, which the kernel then says.
UniqueFd ConnectedSocket(const SyscallInvocation& invocation, Process& process, ino_t& inode) {
  UniqueFd socket;
  const int number = static_cast<int>(invocation.arguments[0]);
  if (number < 0 || DuplicateDescriptor(process, invocation.tid, number, socket) != 0) return {};
  struct stat status {};
  if (fstat(socket.get(), &status) != 0 || !S_ISSOCK(status.st_mode)) return {};
  inode = status.st_ino;
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  if (getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &length) != 0) return {};
  return socket;
}

}  // namespace

SyscallAction SocketNameHandler::PeerName(const SyscallInvocation& invocation,
                                          Process& process) const {
  if (gate_ == nullptr || !gate_->HasConnections()) return kLeaveToKernel;
  ino_t inode = 0;
  const UniqueFd socket = ConnectedSocket(invocation, process, inode);
  if (!socket.valid()) return kLeaveToKernel;
  const std::optional<SocketName> name = gate_->PeerOf(inode);
  return name.has_value() ? Give(invocation, *name) : SyscallAction(kLeaveToKernel);
}

SyscallAction SocketNameHandler::LocalName(const SyscallInvocation& invocation,
                                           Process& process) const {
  const bool has_relayed = gate_ != nullptr && gate_->HasConnections();
  if (!has_relayed && brokered_.empty()) return kLeaveToKernel;
  ino_t inode = 0;
  const UniqueFd socket = ConnectedSocket(invocation, process, inode);
  if (!socket.valid()) return kLeaveToKernel;
  std::optional<SocketName> name = brokered_.LocalOf(inode, socket.get());
  if (!name.has_value() && has_relayed) name = gate_->LocalOf(inode);
  if (!name.has_value()) return kLeaveToKernel;
  int domain = 0;
  socklen_t size = sizeof(domain);
  if (getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET6) {
    name = name->Mapped();
  }
  return Give(invocation, *name);
}

SyscallAction SocketNameHandler::Give(const SyscallInvocation& invocation,
                                      const SocketName& name) const {
  const uint64_t address = invocation.arguments[1], length_address = invocation.arguments[2];
  int32_t room = 0;
  if (!memory_.ReadValue(invocation.tid, length_address, room).ok()) return Fail{EFAULT};
  if (room < 0) return Fail{EINVAL};
  const size_t copied = std::min(static_cast<size_t>(room), static_cast<size_t>(name.length));
  const auto length = static_cast<int32_t>(name.length);
  if (copied > 0 && !memory_.Write(invocation.tid, address, &name.storage, copied).ok()) {
    return Fail{EFAULT};
  }
  if (!memory_.Write(invocation.tid, length_address, &length, sizeof(length)).ok()) {
    return Fail{EFAULT};
  }
  return Return{0};
}

}  // namespace safe_trace
