// Which datagram sockets were led to the DNS broker, and whom they had asked for. Loop thread only;
// bounded.
#ifndef SAFE_TRACE_TRACER_NETWORK_BROKERED_SOCKETS_H_
#define SAFE_TRACE_TRACER_NETWORK_BROKERED_SOCKETS_H_

#include <sys/types.h>

#include <deque>
#include <optional>
#include <unordered_map>

#include "tracer/relay/socket_name.h"

namespace safe_trace {

class BrokeredSockets {
 public:
  static constexpr size_t kMaximum = 4096;  // the oldest is forgotten

  void Remember(ino_t inode, const SocketName& server) {
    if (servers_.insert_or_assign(inode, server).second) order_.push_back(inode);
    if (order_.size() <= kMaximum) return;
    servers_.erase(order_.front());
    order_.pop_front();
  }
  bool empty() const { return servers_.empty(); }
  // What the socket would be bound to if it had been connected to its server: resolvers connect
  // one to each address that they learned, to sort them. Nothing for other sockets, and where no
  // way leads to the server.
  std::optional<SocketName> LocalOf(ino_t inode, int socket) const;

 private:
  std::unordered_map<ino_t, SocketName> servers_;
  std::deque<ino_t> order_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_BROKERED_SOCKETS_H_
