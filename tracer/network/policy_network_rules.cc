#include "policy/policy.h"
#include "tracer/network/dns_gate.h"
#include "tracer/network/network_handlers.h"
#include "tracer/network/network_rules.h"

namespace safe_trace {

Decision PolicyNetworkRules::EvaluateNetwork(const Subject& subject,
                                             const NetworkRequest& request) const {
  return policy_.EvaluateNetwork(subject, request);
}
Decision PolicyNetworkRules::EvaluateStream(const Subject& subject,
                                            const StreamRequest& request) const {
  return policy_.EvaluateStream(subject, request);
}
bool PolicyNetworkRules::IsDirect(const Subject& subject, const NetworkRequest& request) const {
  return policy_.IsDirect(subject, request);
}
bool PolicyNetworkRules::CarriesDatagrams(const Subject& subject,
                                          const NetworkRequest& request) const {
  return policy_.CarriesDatagrams(subject, request);
}
Decision PolicyNetworkRules::EvaluateName(const Subject& subject,
                                          const NameRequest& request) const {
  return policy_.EvaluateName(subject, request);
}
Decision PolicyNetworkRules::EvaluateUnixSocket(const Subject& subject,
                                                const UnixSocketRequest& request) const {
  return policy_.EvaluateUnixSocket(subject, request);
}
Decision PolicyNetworkRules::EvaluateFile(const Subject& subject,
                                          const FileRequest& request) const {
  return policy_.EvaluateFile(subject, request);
}

NetworkHandlers::NetworkHandlers(const Policy& policy, const TraceeMemory& memory,
                                 DnsBroker& broker, ListenerRegistry& listeners, Reporter& reporter,
                                 DnsGate* gate, RelayParts relay)
    : NetworkHandlers(std::make_unique<PolicyNetworkRules>(policy), memory, broker, listeners,
                      reporter, gate, relay) {}

namespace {

// Delegated to so that the adaptor exists before the reference to it is bound.
std::unique_ptr<const NetworkRules> Adapt(const Policy& policy) {
  return std::make_unique<PolicyNetworkRules>(policy);
}

}  // namespace

DnsGate::DnsGate(const Policy& policy) : DnsGate(Adapt(policy)) {}

}  // namespace safe_trace
