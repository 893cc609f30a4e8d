#include "tracer/network/brokered_sockets.h"

#include "tracer/unique_fd.h"

namespace safe_trace {

void BrokeredSockets::Enter(Key key, const SocketName& server) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (servers_.insert_or_assign(key, server).second) order_.push_back(key);
  if (order_.size() <= kMaximum) return;
  servers_.erase(order_.front());
  order_.pop_front();
}

std::optional<SocketName> BrokeredSockets::Find(Key key) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto server = servers_.find(key);
  return server == servers_.end() ? std::nullopt : std::optional<SocketName>(server->second);
}

void BrokeredSockets::Remember(ino_t inode, const SocketName& server) {
  Enter({inode, kAnyId}, server);
}

void BrokeredSockets::RememberQuestion(ino_t inode, uint16_t id, const SocketName& server) {
  Enter({inode, id}, server);
}

bool BrokeredSockets::empty() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return servers_.empty();
}

bool BrokeredSockets::IsClient(ino_t inode) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto first = servers_.lower_bound({inode, 0});
  return first != servers_.end() && first->first.first == inode;
}

std::optional<SocketName> BrokeredSockets::ServerOf(ino_t inode, uint16_t id) const {
  std::optional<SocketName> server = Find({inode, id});
  return server.has_value() ? server : Find({inode, kAnyId});
}

std::optional<SocketName> BrokeredSockets::LocalOf(ino_t inode, int socket) const {
  const std::optional<SocketName> server = Find({inode, kAnyId});
  if (!server.has_value()) return std::nullopt;
  // Connecting a datagram socket sends nothing.
  UniqueFd probe(::socket(server->family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid() || connect(probe.get(), server->get(), server->length) != 0) {
    return std::nullopt;
  }
  SocketName local = SocketName::LocalOf(probe.get());
  local.SetPort(SocketName::LocalOf(socket).port());
  return local;
}

}  // namespace safe_trace
