// One connection of the supervised side, carried on to the host that it asked for.
#ifndef SAFE_TRACE_TRACER_RELAY_RELAY_CONNECTION_H_
#define SAFE_TRACE_TRACER_RELAY_RELAY_CONNECTION_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "tracer/relay/relay_watcher.h"
#include "tracer/relay/splice_pump.h"
#include "tracer/relay/stream_gate.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Relay's thread only. What the client sends is held back until its beginning was judged; what the
// host sends passes from the start, since some protocols begin with it.
class RelayConnection {
 public:
  // `client` leads to the supervised side, `host` to the host; both non-blocking.
  RelayConnection(uint64_t id, UniqueFd client, UniqueFd host, RelayWatcher& watcher,
                  PipePool& pipes);

  int client() const { return client_.get(); }
  int host() const { return host_.get(); }

  // What epoll said of the two sockets; nothing where a turn goes on.
  struct Events {
    uint32_t client = 0, host = 0;
    bool all = false;  // both directions are to be looked at
  };
  // Moves what can be moved now, one share at most. kDone and kBroken: it is over.
  PumpState Turn(Events events);
  // The supervised side has ended everything, and all that it sent was passed on.
  bool Delivered() const { return outward_done_; }
  // Ends both connections: with a reset where it was cut.
  void Close(bool completed);
  RelayedFlow flow() const;
  // Waits for more, and may pass on a little when none comes: another turn is due in a moment.
  bool Hesitates() const { return hesitating_since_.has_value() || undecided_.has_value(); }

 private:
  using Clock = std::chrono::steady_clock;
  PumpState TurnOutward(bool until_empty);
  PumpState TurnInward(bool until_empty);
  // Reads what is held back. kMore: something new stands there.
  PumpState Receive();
  PumpState Send();
  PumpState Examine();
  // Takes what comes meanwhile, a bounded amount of it.
  PumpState AwaitAnswer();
  // A client that says one word and waits for the answer must not wait for ever.
  PumpState SendWordAhead();
  // So many octets may be passed on; some of them have been already.
  PumpState Judge(StreamClaim claim);
  PumpState LetPass(size_t octets);

  const uint64_t id_;
  UniqueFd client_, host_;
  RelayWatcher& watcher_;
  StreamGate gate_;
  std::vector<uint8_t> held_;  // received, not passed on
  size_t sendable_ = 0;        // octets of it that may be passed on
  size_t ahead_ = 0;           // octets of it that were passed on, and are still looked at
  std::optional<Clock::time_point> hesitating_since_;
  uint64_t examined_sent_ = 0;
  bool open_ = false;                     // nothing more is examined
  std::optional<StreamClaim> undecided_;  // to be judged again
  bool client_ended_ = false, outward_done_ = false, inward_done_ = false, completed_ = false;
  bool shows_answers_ = false;  // the gate sees what the host sends
  uint64_t counted_ = 0;        // of the outward pump, told to the watcher
  SplicePump outward_, inward_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_RELAY_CONNECTION_H_
