// DNS questions that wait until the user has decided about their name. Pure and bounded; used on
// the broker's thread.
#ifndef SAFE_TRACE_TRACER_NETWORK_HELD_QUESTIONS_H_
#define SAFE_TRACE_TRACER_NETWORK_HELD_QUESTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "tracer/network/dns_message.h"
#include "tracer/network/socket_address.h"

namespace safe_trace {

// Where a question came from and its answer goes.
struct DnsOrigin {
  uint64_t connection = 0;  // serial of the stream client; 0 for datagrams
  size_t listener = 0;      // index of the datagram socket to answer from
  RawSocketAddress client;  // of a datagram
};

struct HeldQuestion {
  using Clock = std::chrono::steady_clock;
  DnsQuery query;
  uint64_t client = 0;
  DnsOrigin origin;
  Clock::time_point until;  // then it is refused
};

class HeldQuestions {
 public:
  static constexpr size_t kMaximum = 256;
  static constexpr size_t kMaximumOfOneSocket = 32;
  // The user may have other questions to answer first.
  static constexpr std::chrono::minutes kLongest{10};

  // False where there are too many. One that its client repeats is held once.
  bool Hold(HeldQuestion question);
  // All of them, to be decided on anew.
  std::vector<HeldQuestion> TakeAll();
  std::vector<HeldQuestion> TakeOverdue(HeldQuestion::Clock::time_point now);
  // The client of a stream is gone.
  void Forget(uint64_t connection);
  bool HoldsFor(uint64_t connection) const;
  // max() where nothing is held.
  HeldQuestion::Clock::time_point NextDeadline() const;

 private:
  std::list<HeldQuestion> held_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_HELD_QUESTIONS_H_
