// recvfrom(2), recvmsg(2) and recvmmsg(2) of sockets that asked the DNS broker, on their behalf:
// clients compare the source of an answer with whom they asked. All else is left to the kernel;
// nothing is decided here. Loop thread only; what may block becomes a Deferred.
#ifndef SAFE_TRACE_TRACER_NETWORK_RECEIVE_HANDLER_H_
#define SAFE_TRACE_TRACER_NETWORK_RECEIVE_HANDLER_H_

#include <sys/socket.h>

#include <optional>

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/network/incoming_receive.h"

namespace safe_trace {

class ReceiveHandler {
 public:
  ReceiveHandler(const TraceeMemory& memory, const DnsBroker& broker,
                 const BrokeredSockets& brokered)
      : memory_(memory), broker_(broker), brokered_(brokered) {}

  SyscallAction ReceiveFrom(const SyscallInvocation& invocation, Process& process) const;
  SyscallAction ReceiveMessage(const SyscallInvocation& invocation, Process& process) const;
  SyscallAction ReceiveMessages(const SyscallInvocation& invocation, Process& process) const;

 private:
  // Nothing where the kernel does it.
  std::optional<IncomingReceive> ClientOf(const SyscallInvocation& invocation, uint64_t flags,
                                          Process& process) const;
  std::optional<ReceivePlace> PlaceOf(pid_t tid, uint64_t header_address) const;
  static SyscallAction Run(IncomingReceive receive, ReceivePlace place);

  const TraceeMemory& memory_;
  const DnsBroker& broker_;
  const BrokeredSockets& brokered_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_RECEIVE_HANDLER_H_
