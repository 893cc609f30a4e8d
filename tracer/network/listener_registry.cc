#include "tracer/network/listener_registry.h"

namespace safe_trace {

void ListenerRegistry::AddPort(bool is_stream, uint16_t port) {
  if (port != 0) ports_.emplace(is_stream, port);  // at most 2 * 65535
}

bool ListenerRegistry::HasPort(bool is_stream, uint16_t port) const {
  return ports_.contains({is_stream, port});
}

void ListenerRegistry::AddAbstract(std::string_view name) {
  if (abstract_.size() < kMaximum) abstract_.emplace(name);
}

bool ListenerRegistry::HasAbstract(std::string_view name) const {
  return abstract_.find(name) != abstract_.end();
}

void ListenerRegistry::AddSocket(ino_t inode) {
  if (!sockets_.insert(inode).second) return;
  order_.push_back(inode);
  if (order_.size() <= kMaximumSockets) return;
  sockets_.erase(order_.front());
  order_.pop_front();
}

bool ListenerRegistry::HasSocket(ino_t inode) const { return sockets_.contains(inode); }

}  // namespace safe_trace
