// connect(2) on the caller's behalf. Loop thread only; what may block becomes a Deferred.
#ifndef SAFE_TRACE_TRACER_NETWORK_CONNECT_HANDLER_H_
#define SAFE_TRACE_TRACER_NETWORK_CONNECT_HANDLER_H_

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/network/brokered_sockets.h"
#include "tracer/network/destination_decider.h"
#include "tracer/network/dns_gate.h"
#include "tracer/network/relayed_connect.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class ConnectHandler {
 public:
  ConnectHandler(const NetworkRules& rules, const TraceeMemory& memory, DnsBroker& broker,
                 ListenerRegistry& listeners, Reporter& reporter, DnsGate* gate,
                 RelayedConnector* relayed = nullptr, BrokeredSockets* brokered = nullptr)
      : memory_(memory),
        broker_(broker),
        listeners_(listeners),
        reporter_(reporter),
        gate_(gate),
        relayed_(relayed),
        brokered_(brokered),
        decider_(rules, broker, listeners, reporter) {}

  SyscallAction Connect(const SyscallInvocation& invocation, Process& process);
  void SetAsker(Asker* asker) { decider_.SetAsker(asker); }

 private:
  SyscallAction ConnectInet(Process& process, RemoteSocket socket, const SocketAddress& address);
  // Port 53, whatever the address: the question's name is decided on, not the server.
  SyscallAction ConnectToBroker(Process& process, RemoteSocket socket, const InetAddress& asked);
  SyscallAction ConnectNetlink(Process& process, RemoteSocket socket, const SocketAddress& address);
  // Performs it now, or later where the call may block.
  SyscallAction Perform(Process& process, RemoteSocket socket, Destination destination);

  const TraceeMemory& memory_;
  DnsBroker& broker_;
  ListenerRegistry& listeners_;
  Reporter& reporter_;
  DnsGate* gate_;
  RelayedConnector* relayed_;  // null: connections go straight to their host
  BrokeredSockets* brokered_;  // null: nobody asks
  DestinationDecider decider_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_CONNECT_HANDLER_H_
