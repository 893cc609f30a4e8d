// One question on its way to the machine's resolvers: a socket of its own, a fresh id and source
// port for every attempt, the next server when one fails. Used on the broker's thread.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_EXCHANGE_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_EXCHANGE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/access_request.h"
#include "tracer/network/dns_message.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

class DnsExchange {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : uint8_t {
    kWaiting,   // watch fd() for events() until deadline()
    kAnswered,  // answer() holds what to pass on
    kFailed,    // every server failed
  };

  // Each server is asked up to twice; all attempts together take at most `timeout`.
  DnsExchange(DnsQuery query, bool is_stream, const std::vector<IpAddress>& servers, uint16_t port,
              std::chrono::milliseconds timeout);

  State Start(Clock::time_point now);
  // fd() has events, or the deadline passed. The socket may be another one afterwards.
  State OnEvent(Clock::time_point now);
  State OnDeadline(Clock::time_point now);

  int fd() const { return socket_.get(); }
  uint32_t events() const;  // EPOLLIN or EPOLLOUT
  Clock::time_point deadline() const { return deadline_; }
  const DnsQuery& query() const { return query_; }
  // The resolver's message with the client's id, and what it says.
  const DnsBytes& message() const { return message_; }
  const DnsAnswer& answer() const { return answer_; }

 private:
  State NextAttempt(Clock::time_point now);
  bool OpenSocket(const IpAddress& server);
  State ReceiveDatagrams(Clock::time_point now);
  State ReceiveStream(Clock::time_point now);
  bool SendStream();
  // Takes a message that may be the answer; nothing where it is not.
  std::optional<State> Judge(DnsBytes candidate, Clock::time_point now);

  DnsQuery query_;
  bool is_stream_;
  std::vector<IpAddress> servers_;
  uint16_t port_;
  std::chrono::milliseconds per_attempt_;
  size_t attempt_ = 0;
  uint16_t id_ = 0;
  UniqueFd socket_;
  Clock::time_point deadline_;
  DnsBytes to_send_;   // stream: what is left to send
  DnsBytes received_;  // stream: what came so far
  DnsBytes message_;
  DnsAnswer answer_;
  bool has_failure_ = false;  // message_ holds a resolver's SERVFAIL or the like
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_EXCHANGE_H_
