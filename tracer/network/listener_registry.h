// Which sockets processes of this run have bound: ports, abstract names, and the sockets
// themselves. Loop thread only.
//
// A port or a name says only that a process of the run had it once: it may be closed since and
// taken by a stranger, or bound on another address. What tells is the socket's own inode, compared
// with what the kernel says is bound there now (socket_owner.h).
#ifndef SAFE_TRACE_TRACER_NETWORK_LISTENER_REGISTRY_H_
#define SAFE_TRACE_TRACER_NETWORK_LISTENER_REGISTRY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace safe_trace {

class ListenerRegistry {
 public:
  // Bounded: beyond kMaximum names nothing is added and connects to the rest are refused.
  static constexpr size_t kMaximum = 16384;
  static constexpr size_t kMaximumSockets = 65536;  // the oldest is forgotten
  void AddPort(bool is_stream, uint16_t port);
  bool HasPort(bool is_stream, uint16_t port) const;
  void AddAbstract(std::string_view name);
  bool HasAbstract(std::string_view name) const;
  // By the inode of the socket itself (fstat of its descriptor), never of a socket file.
  void AddSocket(ino_t inode);
  bool HasSocket(ino_t inode) const;
  bool empty() const { return sockets_.empty(); }

 private:
  std::set<std::pair<bool, uint16_t>> ports_;
  std::set<std::string, std::less<>> abstract_;
  std::unordered_set<ino_t> sockets_;
  std::deque<ino_t> order_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_LISTENER_REGISTRY_H_
