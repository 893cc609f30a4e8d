// Decides and performs connect, bind, listen, sendto, sendmsg and sendmmsg on the caller's behalf.
// Runs on the loop's thread; what may block is returned as Deferred.
#ifndef SAFE_TRACE_TRACER_NETWORK_NETWORK_HANDLERS_H_
#define SAFE_TRACE_TRACER_NETWORK_NETWORK_HANDLERS_H_

#include <memory>

#include "policy/policy.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/listener_registry.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class NetworkHandlers {
 public:
  // All references outlive the handlers.
  NetworkHandlers(const Policy& policy, const TraceeMemory& memory, DnsBroker& broker,
                  ListenerRegistry& listeners, Reporter& reporter);

  // True for the calls that Handle takes.
  static bool Handles(int number);
  // `process` is the caller's. Never CONTINUEs on what pointed-to memory said.
  SyscallAction Handle(const SyscallInvocation& invocation, Process& process);

 private:
  const Policy& policy_;
  const TraceeMemory& memory_;
  DnsBroker& broker_;
  ListenerRegistry& listeners_;
  Reporter& reporter_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_NETWORK_HANDLERS_H_
