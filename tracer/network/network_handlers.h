// Decides and performs connect, bind, listen, sendto, sendmsg and sendmmsg on the caller's behalf,
// answers getpeername and getsockname of relayed sockets, and names the server that a DNS client
// asked as the source of its answer. Runs on the loop's thread; what may block is returned as
// Deferred.
#ifndef SAFE_TRACE_TRACER_NETWORK_NETWORK_HANDLERS_H_
#define SAFE_TRACE_TRACER_NETWORK_NETWORK_HANDLERS_H_

#include <memory>

#include "policy/policy.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/dns_gate.h"
#include "tracer/network/listener_registry.h"
#include "tracer/network/network_rules.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class BindHandler;
class BrokeredSockets;
class ConnectHandler;
class ReceiveHandler;
class SendHandler;
class Relay;
class RelayGate;
class RelayedConnector;
class SocketNameHandler;

// Both or none: without them allowed connections go straight to their host.
class Asker;
struct RelayParts {
  Relay* relay = nullptr;
  RelayGate* gate = nullptr;
};

class NetworkHandlers {
 public:
  // All references outlive the handlers, and every Deferred that they returned. Without a gate the
  // broker's clients are registered under their tgid.
  NetworkHandlers(const Policy& policy, const TraceeMemory& memory, DnsBroker& broker,
                  ListenerRegistry& listeners, Reporter& reporter, DnsGate* gate = nullptr,
                  RelayParts relay = {});
  NetworkHandlers(std::unique_ptr<const NetworkRules> rules, const TraceeMemory& memory,
                  DnsBroker& broker, ListenerRegistry& listeners, Reporter& reporter,
                  DnsGate* gate = nullptr, RelayParts relay = {});
  ~NetworkHandlers();

  // True for the calls that Handle takes.
  static bool Handles(int number);
  // `process` is the caller's. Never CONTINUEs on what pointed-to memory said, except for a bind to
  // a path that the caller's Landlock domain decides on again.
  SyscallAction Handle(const SyscallInvocation& invocation, Process& process);
  // The user is asked about what would be refused. `asker` outlives the handlers; null: nobody is.
  void SetAsker(Asker* asker);
  // `name` is about to be looked up, and the user is being asked about it.
  bool IsAskingForName(const Process& process, const std::string& name) const;

 private:
  std::unique_ptr<const NetworkRules> rules_;
  std::unique_ptr<BrokeredSockets> brokered_;
  std::unique_ptr<RelayedConnector> relayed_;  // null without a relay
  std::unique_ptr<ConnectHandler> connect_;
  std::unique_ptr<BindHandler> bind_;
  std::unique_ptr<SendHandler> send_;
  std::unique_ptr<ReceiveHandler> receive_;
  std::unique_ptr<SocketNameHandler> names_;
  const DnsBroker& broker_;
  Asker* asker_ = nullptr;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_NETWORK_HANDLERS_H_
