#include "launcher/run_network.h"

#include <sys/utsname.h>

#include <string>
#include <utility>

#include "launcher/resolver_configuration.h"
#include "tracer/network/network_rules.h"
#include "tracer/network/relay_gate.h"
#include "tracer/relay/relay.h"

namespace safe_trace {
namespace {

std::string HostName() {
  utsname machine{};
  return uname(&machine) == 0 ? machine.nodename : "";
}

}  // namespace

RunNetwork::RunNetwork() = default;
RunNetwork::~RunNetwork() = default;

absl::StatusOr<std::unique_ptr<RunNetwork>> RunNetwork::Start(const Policy& policy, Asker* asker) {
  std::unique_ptr<RunNetwork> network(new RunNetwork());
  network->dns_gate_ = std::make_unique<DnsGate>(policy);
  network->dns_gate_->SetAsker(asker);
  DnsBroker::Options options;
  options.name_servers = NameServers("/etc/resolv.conf");
  options.static_names = StaticNames("/etc/hosts", policy.allowed_hosts());
  options.loopback_names = LoopbackNames("/etc/hosts");
  options.own_names = OwnNames(HostName());
  options.search_domains = SearchDomains("/etc/resolv.conf");
  options.decide = [gate = network->dns_gate_.get()](const DnsQuestion& question) {
    return gate->Decide(question);
  };
  options.may_be_decided_later = [gate = network->dns_gate_.get()](const DnsQuestion& question) {
    return gate->MayBeDecidedLater(question);
  };
  absl::StatusOr<std::unique_ptr<DnsBroker>> broker = DnsBroker::Start(std::move(options));
  if (!broker.ok()) return broker.status();
  network->broker_ = *std::move(broker);
  network->rules_ = std::make_unique<PolicyNetworkRules>(policy);
  network->relay_gate_ = std::make_unique<RelayGate>(
      *network->rules_, RelayGate::Options{policy.outward_limit_bytes()});
  network->relay_gate_->SetAsker(asker);
  absl::StatusOr<std::unique_ptr<Relay>> relay = Relay::Create(*network->relay_gate_);
  if (!relay.ok()) return relay.status();
  network->relay_ = *std::move(relay);
  return network;
}

}  // namespace safe_trace
