// getpeername(2) and getsockname(2): a relayed socket is connected to the relay, and its owner is
// told what it would see without.
#ifndef SAFE_TRACE_TRACER_NETWORK_SOCKET_NAME_HANDLER_H_
#define SAFE_TRACE_TRACER_NETWORK_SOCKET_NAME_HANDLER_H_

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/network/brokered_sockets.h"
#include "tracer/network/relay_gate.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// Loop thread only.
class SocketNameHandler {
 public:
  // Without a gate every call is left to the kernel.
  SocketNameHandler(const TraceeMemory& memory, const RelayGate* gate,
                    const BrokeredSockets& brokered)
      : memory_(memory), gate_(gate), brokered_(brokered) {}

  SyscallAction PeerName(const SyscallInvocation& invocation, Process& process) const;
  SyscallAction LocalName(const SyscallInvocation& invocation, Process& process) const;

 private:
  SyscallAction Give(const SyscallInvocation& invocation, const SocketName& name) const;

  const TraceeMemory& memory_;
  const RelayGate* gate_;
  const BrokeredSockets& brokered_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_SOCKET_NAME_HANDLER_H_
