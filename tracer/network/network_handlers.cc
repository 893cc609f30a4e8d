#include "tracer/network/network_handlers.h"

#include <sys/syscall.h>

#include <cerrno>

#include "policy/network_pattern.h"
#include "tracer/deciding/asker.h"
#include "tracer/network/bind_handler.h"
#include "tracer/network/connect_handler.h"
#include "tracer/network/network_report.h"
#include "tracer/network/process_snapshot.h"
#include "tracer/network/receive_handler.h"
#include "tracer/network/relayed_connect.h"
#include "tracer/network/send_handler.h"
#include "tracer/network/socket_name_handler.h"

namespace safe_trace {

NetworkHandlers::NetworkHandlers(std::unique_ptr<const NetworkRules> rules,
                                 const TraceeMemory& memory, DnsBroker& broker,
                                 ListenerRegistry& listeners, Reporter& reporter, DnsGate* gate,
                                 RelayParts relay)
    : rules_(std::move(rules)),
      brokered_(std::make_unique<BrokeredSockets>()),
      relayed_(relay.relay == nullptr
                   ? nullptr
                   : std::make_unique<RelayedConnector>(*relay.relay, *relay.gate, reporter)),
      connect_(std::make_unique<ConnectHandler>(*rules_, memory, broker, listeners, reporter, gate,
                                                relayed_.get(), brokered_.get())),
      bind_(std::make_unique<BindHandler>(*rules_, memory, listeners, reporter)),
      send_(std::make_unique<SendHandler>(*rules_, memory, broker, listeners, reporter, gate,
                                          brokered_.get())),
      receive_(std::make_unique<ReceiveHandler>(memory, broker, *brokered_)),
      names_(std::make_unique<SocketNameHandler>(memory, relay.gate, *brokered_)),
      broker_(broker) {}

NetworkHandlers::~NetworkHandlers() = default;

void NetworkHandlers::SetAsker(Asker* asker) {
  asker_ = asker;
  connect_->SetAsker(asker);
}

bool NetworkHandlers::IsAskingForName(const Process& process, const std::string& name) const {
  IpAddress literal;
  if (asker_ == nullptr || ParseIpAddress(name, literal)) return false;
  const std::string host = CanonicalHost(name);
  if (broker_.IsLocalName(host)) return false;
  const Decision decision = rules_->EvaluateName(SubjectOf(process), NameRequest{host});
  return !decision.allowed() &&
         asker_->IsAsking(SnapshotOf(process), decision, {"look up " + host, host, 0});
}

bool NetworkHandlers::Handles(int number) {
  switch (number) {
    case SYS_connect:
    case SYS_bind:
    case SYS_listen:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_getpeername:
    case SYS_getsockname:
      return true;
    default:
      return false;
  }
}

SyscallAction NetworkHandlers::Handle(const SyscallInvocation& invocation, Process& process) {
  switch (invocation.number) {
    case SYS_connect:
      return connect_->Connect(invocation, process);
    case SYS_bind:
      return bind_->Bind(invocation, process);
    case SYS_listen:
      return bind_->Listen(invocation, process);
    case SYS_sendto:
      return send_->SendTo(invocation, process);
    case SYS_sendmsg:
      return send_->SendMessage(invocation, process);
    case SYS_sendmmsg:
      return send_->SendMessages(invocation, process);
    case SYS_recvfrom:
      return receive_->ReceiveFrom(invocation, process);
    case SYS_recvmsg:
      return receive_->ReceiveMessage(invocation, process);
    case SYS_recvmmsg:
      return receive_->ReceiveMessages(invocation, process);
    case SYS_getpeername:
      return names_->PeerName(invocation, process);
    case SYS_getsockname:
      return names_->LocalName(invocation, process);
    default:
      return Fail{ENOSYS};
  }
}

}  // namespace safe_trace
