// A client's TCP connection to the broker: length-prefixed messages in and out, bounded.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_STREAM_CLIENT_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_STREAM_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "tracer/network/dns_message.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

class DnsStreamClient {
 public:
  using Clock = std::chrono::steady_clock;
  DnsStreamClient(UniqueFd socket, uint16_t peer_port, Clock::time_point idle_until)
      : deadline(idle_until), socket_(std::move(socket)), peer_port_(peer_port) {}

  // False where the connection is over or misbehaves: close it.
  bool Receive();
  // The next complete query, if any.
  std::optional<DnsBytes> NextMessage();
  // Queues and sends what can be sent. False as above.
  bool Send(const DnsBytes& message);
  bool Flush();

  int fd() const { return socket_.get(); }
  uint16_t peer_port() const { return peer_port_; }
  bool wants_to_write() const { return !out_.empty(); }
  Clock::time_point deadline;  // idle until then: closed

 private:
  UniqueFd socket_;
  uint16_t peer_port_;
  DnsBytes in_;
  DnsBytes out_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_STREAM_CLIENT_H_
