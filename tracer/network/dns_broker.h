// Answers the tree's DNS queries on loopback: for allowed names it asks the machine's resolver and
// remembers which addresses it handed out; every other name is refused and recorded.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_BROKER_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_BROKER_H_

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/access_request.h"

namespace safe_trace {

// A query that a socket of the tree sent. `client` is the opaque value given to RegisterClient.
struct DnsQuestion {
  uint64_t client = 0;
  std::string name;     // lower case, no trailing dot; non-printable bytes escaped as \DDD
  uint16_t type = 0;    // 1 A, 28 AAAA, ...
  bool is_own = false;  // the machine's: not worth a report where it is refused
};

// Owns a thread and loopback sockets (UDP and TCP, IPv4 and where present IPv6). All methods may be
// called from the loop's thread; `decide` is called on the broker's thread and must be thread-safe.
class DnsBroker {
 public:
  struct Options {
    std::vector<std::string> name_servers;  // the machine's own, in order ("10.0.0.2", "::1")
    uint16_t name_server_port = 53;         // other than 53 in tests
    std::vector<std::pair<std::string, IpAddress>> static_names;  // from /etc/hosts
    // Names of the machine itself, and "localhost": answered from here without a decision. The C
    // library asks for the family that /etc/hosts lacks, and with `search_domains` appended.
    std::vector<std::pair<std::string, IpAddress>> loopback_names;
    // What the machine is called otherwise. Programs ask about themselves without wanting anything:
    // where the name is not allowed it is refused without a word.
    std::vector<std::string> own_names;
    std::vector<std::string> search_domains;
    // True where `question` may be resolved; records it either way.
    std::function<bool(const DnsQuestion&)> decide;
    // True where a question that `decide` refused is to wait for its answer: the user is being
    // asked. May be empty; called on the broker's thread.
    std::function<bool(const DnsQuestion&)> may_be_decided_later;
    int timeout_ms = 5000;
    // What the lifetime of answers is measured by.
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };
  static absl::StatusOr<std::unique_ptr<DnsBroker>> Start(Options options);
  virtual ~DnsBroker() = default;

  // Where a client's socket of that family and type is connected instead of port 53.
  virtual bool AddressFor(int family, bool is_stream, sockaddr_storage& address,
                          socklen_t& length) const = 0;
  // Queries from this local port of a client socket belong to `client`. Unregistered senders get
  // no answer. The table is bounded (oldest forgotten).
  virtual void RegisterClient(bool is_stream, uint16_t local_port, uint64_t client) = 0;
  // The user has answered something: what waits for that is decided on again.
  virtual void DecideHeld() {}
  // To be called when no client is left: decides on what they have sent, and ends. What was asked in
  // a process's last moment is recorded, too.
  virtual void Finish() {}
  // Answered from here, whatever is decided.
  virtual bool IsLocalName(const std::string&) const { return false; }
  // Names that were answered with this address, while the answers count (address_book.h).
  virtual std::vector<std::string> NamesOf(const IpAddress& address) const = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_BROKER_H_
