// What a run needs for its network: the DNS broker and the relay, with those who decide for them.
#ifndef SAFE_TRACE_LAUNCHER_RUN_NETWORK_H_
#define SAFE_TRACE_LAUNCHER_RUN_NETWORK_H_

#include <memory>

#include "absl/status/statusor.h"
#include "policy/policy.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/dns_gate.h"

namespace safe_trace {

class Asker;
class NetworkRules;
class Relay;
class RelayGate;

// Owned by the run; outlives its supervision.
class RunNetwork {
 public:
  // `policy` outlives the result. Reads /etc/resolv.conf and /etc/hosts.
  // `asker` too, where the user is asked; null: nobody is.
  static absl::StatusOr<std::unique_ptr<RunNetwork>> Start(const Policy& policy,
                                                           Asker* asker = nullptr);
  ~RunNetwork();

  DnsGate& dns_gate() { return *dns_gate_; }
  DnsBroker& broker() { return *broker_; }
  Relay& relay() { return *relay_; }
  RelayGate& relay_gate() { return *relay_gate_; }

 private:
  RunNetwork();
  // Each is used by those below it.
  std::unique_ptr<DnsGate> dns_gate_;
  std::unique_ptr<DnsBroker> broker_;
  std::unique_ptr<NetworkRules> rules_;
  std::unique_ptr<RelayGate> relay_gate_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RUN_NETWORK_H_
