// Which loopback ports and unix sockets processes of this run are listening on. Loop thread only.
#ifndef SAFE_TRACE_TRACER_NETWORK_LISTENER_REGISTRY_H_
#define SAFE_TRACE_TRACER_NETWORK_LISTENER_REGISTRY_H_

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace safe_trace {

class ListenerRegistry {
 public:
  // Bounded: beyond kMaximum entries nothing is added and connects to the rest are refused.
  static constexpr size_t kMaximum = 16384;
  void AddPort(bool is_stream, uint16_t port);
  bool HasPort(bool is_stream, uint16_t port) const;
  void AddAbstract(std::string_view name);
  bool HasAbstract(std::string_view name) const;
  // A socket file is known by what it is, not by its name.
  void AddSocketFile(dev_t device, ino_t inode);
  bool HasSocketFile(dev_t device, ino_t inode) const;

 private:
  std::set<std::pair<bool, uint16_t>> ports_;
  std::set<std::string, std::less<>> abstract_;
  std::set<std::pair<dev_t, ino_t>> files_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_LISTENER_REGISTRY_H_
