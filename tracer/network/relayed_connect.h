// connect(2) towards a host, carried out so that the relay stands in between and the caller sees
// what it would see without it: the same error, at the same time.
#ifndef SAFE_TRACE_TRACER_NETWORK_RELAYED_CONNECT_H_
#define SAFE_TRACE_TRACER_NETWORK_RELAYED_CONNECT_H_

#include "tracer/deciding/syscall_action.h"
#include "tracer/network/destination_decider.h"
#include "tracer/network/relay_gate.h"
#include "tracer/relay/relay.h"

namespace safe_trace {

// Loop thread; what may block becomes a Deferred. References outlive the connector and every
// Deferred that it returned.
class RelayedConnector {
 public:
  RelayedConnector(Relay& relay, RelayGate& gate, Reporter& reporter)
      : relay_(relay), gate_(gate), reporter_(reporter) {}

  // `destination` was allowed; `socket` is TCP.
  SyscallAction Connect(Process& process, RemoteSocket socket, Destination destination);

 private:
  Relay& relay_;
  RelayGate& gate_;
  Reporter& reporter_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_RELAYED_CONNECT_H_
