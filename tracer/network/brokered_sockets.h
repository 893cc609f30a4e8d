// Which datagram sockets were led to the DNS broker, and whom they had asked for. Thread-safe and
// bounded: the oldest is forgotten.
#ifndef SAFE_TRACE_TRACER_NETWORK_BROKERED_SOCKETS_H_
#define SAFE_TRACE_TRACER_NETWORK_BROKERED_SOCKETS_H_

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "tracer/relay/socket_name.h"

namespace safe_trace {

class BrokeredSockets {
 public:
  static constexpr size_t kMaximum = 4096;

  // A socket that was connected to port 53 of `server`.
  void Remember(ino_t inode, const SocketName& server);
  // A socket that sent the question of this id to port 53 of `server`.
  void RememberQuestion(ino_t inode, uint16_t id, const SocketName& server);
  bool empty() const;
  // Whom an answer with this id is to come from; nothing for other sockets and questions.
  std::optional<SocketName> ServerOf(ino_t inode, uint16_t id) const;
  // True where ServerOf may know some.
  bool IsClient(ino_t inode) const;
  // What the socket would be bound to if it had been connected to its server: resolvers connect
  // one to each address that they learned, to sort them. Nothing for other sockets, and where no
  // way leads to the server.
  std::optional<SocketName> LocalOf(ino_t inode, int socket) const;

 private:
  // Of a connected socket, which may ask anything.
  static constexpr uint32_t kAnyId = 0x10000;
  using Key = std::pair<ino_t, uint32_t>;
  void Enter(Key key, const SocketName& server);
  std::optional<SocketName> Find(Key key) const;

  mutable std::mutex mutex_;
  std::map<Key, SocketName> servers_;
  std::deque<Key> order_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_BROKERED_SOCKETS_H_
