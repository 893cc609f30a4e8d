#include "tracer/network/brokered_sockets.h"

#include "tracer/unique_fd.h"

namespace safe_trace {

std::optional<SocketName> BrokeredSockets::LocalOf(ino_t inode, int socket) const {
  auto server = servers_.find(inode);
  if (server == servers_.end()) return std::nullopt;
  // Connecting a datagram socket sends nothing.
  UniqueFd probe(::socket(server->second.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid() || connect(probe.get(), server->second.get(), server->second.length) != 0) {
    return std::nullopt;
  }
  SocketName local = SocketName::LocalOf(probe.get());
  local.SetPort(SocketName::LocalOf(socket).port());
  return local;
}

}  // namespace safe_trace
