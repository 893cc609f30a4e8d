#include "tracer/network/loopback_listeners.h"

#include <algorithm>

#include "tracer/network/socket_address.h"
#include "tracer/network/socket_owner.h"

namespace safe_trace {
namespace {

bool AllOwn(const ListenerRegistry& registry, const absl::StatusOr<std::vector<ino_t>>& sockets) {
  return sockets.ok() && !sockets->empty() &&
         std::all_of(sockets->begin(), sockets->end(),
                     [&](ino_t inode) { return registry.HasSocket(inode); });
}

}  // namespace

bool IsOwnPort(const ListenerRegistry& registry, bool is_stream, const IpAddress& ip,
               uint16_t port) {
  return ip.IsLoopback() && registry.HasPort(is_stream, port) &&
         AllOwn(registry, SocketsBoundTo(is_stream, ip, port));
}

bool IsVacantPort(bool is_stream, const IpAddress& ip, uint16_t port) {
  if (!ip.IsLoopback()) return false;
  absl::StatusOr<std::vector<ino_t>> sockets = SocketsBoundTo(is_stream, ip, port);
  return sockets.ok() && sockets->empty();
}

bool IsOwnSocketFile(const ListenerRegistry& registry, dev_t device, ino_t inode) {
  return !registry.empty() && AllOwn(registry, SocketsBoundToFile(device, inode));
}

bool IsOwnAbstract(const ListenerRegistry& registry, std::string_view name) {
  return registry.HasAbstract(name) && AllOwn(registry, SocketsBoundToAbstract(name));
}

void RegisterBoundSocket(ListenerRegistry& registry, const RemoteSocket& socket) {
  RawSocketAddress raw;
  SocketAddress address;
  if (!LocalAddress(socket.fd.get(), raw) || DecodeSocketAddress(raw, address) != 0) return;
  if (const auto* inet = std::get_if<InetAddress>(&address); inet != nullptr && inet->port != 0) {
    registry.AddPort(socket.type == SOCK_STREAM, inet->port);
    registry.AddSocket(socket.inode);
  } else if (const auto* name = std::get_if<UnixAbstractAddress>(&address)) {
    registry.AddAbstract(name->name);
    registry.AddSocket(socket.inode);
  } else if (std::holds_alternative<UnixPathAddress>(address)) {
    registry.AddSocket(socket.inode);
  }
}

}  // namespace safe_trace
