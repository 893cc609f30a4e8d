// Who decides what a relayed connection may carry, and hears how it went.
#ifndef SAFE_TRACE_TRACER_RELAY_RELAY_WATCHER_H_
#define SAFE_TRACE_TRACER_RELAY_RELAY_WATCHER_H_

#include <cstdint>
#include <string_view>

#include "policy/access_request.h"

namespace safe_trace {

struct RelayedFlow {
  uint64_t sent = 0;      // bytes from the supervised side to the host
  uint64_t received = 0;  // bytes from the host
  // False where it was cut: refused, reset by one of the sides, or still open at the run's end.
  bool completed = false;
};

// Called on the relay's thread.
class RelayWatcher {
 public:
  virtual ~RelayWatcher() = default;
  enum class Judgement : uint8_t { kAllow, kRefuse, kLater };
  // Whether the connection may carry what was claimed. kLater: to be asked again in a moment.
  virtual Judgement Judge(uint64_t connection, const StreamClaim& claim) = 0;
  // What the client sends cannot be read: it is cut.
  virtual void Unreadable(uint64_t connection, std::string_view why) = 0;
  // So many more bytes go to the host. False: too many, it is cut.
  virtual bool MaySend(uint64_t connection, uint64_t bytes) = 0;
  // The host could not be reached: errno value.
  virtual void Unreachable(uint64_t connection, int error) = 0;
  // Nothing more comes of this connection.
  virtual void Ended(uint64_t connection, const RelayedFlow& flow) = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_RELAY_WATCHER_H_
