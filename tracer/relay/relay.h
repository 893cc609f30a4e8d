// Carries the supervised side's TCP connections to the hosts that they were allowed to reach, so
// that what the first bytes say about the host is decided on, and every byte is counted.
#ifndef SAFE_TRACE_TRACER_RELAY_RELAY_H_
#define SAFE_TRACE_TRACER_RELAY_RELAY_H_

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/relay/relay_connection.h"
#include "tracer/relay/relay_watcher.h"
#include "tracer/relay/stand_in.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Owns a thread, started with the first connection. Adopt, Await, HasRoom and Finish may be called
// from any other thread.
class Relay {
 public:
  // `watcher` outlives the relay.
  static absl::StatusOr<std::unique_ptr<Relay>> Create(RelayWatcher& watcher);
  // Cuts what is left.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // False: descriptors are short, and no connection may be begun.
  bool HasRoom();
  // Two connected sockets.
  void Adopt(uint64_t id, UniqueFd client_end, UniqueFd host);
  // `host` is connecting, and `client`, a duplicate of the tracee's socket, to the stand-in.
  void Await(uint64_t id, UniqueFd client, WaitingStandIn stand_in, UniqueFd host);
  // The supervised side is gone: returns when all that it sent was passed on, at most `patience`
  // later, and everything is closed.
  void Finish(std::chrono::milliseconds patience);

 private:
  struct Waiting {
    UniqueFd client;
    WaitingStandIn stand_in;
    UniqueFd host;
  };
  struct Arrival {
    uint64_t id = 0;
    UniqueFd client_end, host;
    std::unique_ptr<Waiting> waiting;
  };

  explicit Relay(RelayWatcher& watcher) : watcher_(watcher) {}
  void Push(Arrival arrival);
  void Wake();
  void Run();
  void TakeArrivals();
  void Begin(uint64_t id, UniqueFd client_end, UniqueFd host);
  void OnWaiting(uint64_t id);
  void Turn(uint64_t id, RelayConnection::Events events);
  void End(uint64_t id, bool completed);
  void CloseDelivered();
  bool Watch(int fd, uint64_t tag);

  RelayWatcher& watcher_;
  UniqueFd epoll_, wake_;
  std::once_flag limit_raised_;
  size_t maximum_ = 0;
  std::atomic<size_t> count_{0};
  std::atomic<bool> finishing_{false}, stopping_{false};

  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  std::thread thread_;

  // The rest belongs to the relay's thread.
  PipePool pipes_;
  std::unordered_map<uint64_t, std::unique_ptr<RelayConnection>> connections_;
  std::unordered_map<uint64_t, std::unique_ptr<Waiting>> waiting_;
  std::unordered_set<uint64_t> hesitating_;
  std::vector<uint64_t> unfinished_;  // had more to move when their turn was over
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_RELAY_H_
