// bind(2) and listen(2) on the caller's behalf. Loop thread only; neither blocks.
#ifndef SAFE_TRACE_TRACER_NETWORK_BIND_HANDLER_H_
#define SAFE_TRACE_TRACER_NETWORK_BIND_HANDLER_H_

#include <optional>
#include <string>
#include <string_view>

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/listener_registry.h"
#include "tracer/network/network_rules.h"
#include "tracer/network/remote_socket.h"
#include "tracer/network/socket_address.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class BindHandler {
 public:
  BindHandler(const NetworkRules& rules, const TraceeMemory& memory, ListenerRegistry& listeners,
              Reporter& reporter)
      : rules_(rules), memory_(memory), listeners_(listeners), reporter_(reporter) {}

  SyscallAction Bind(const SyscallInvocation& invocation, Process& process);
  // An unbound internet socket that listens is bound to all addresses by the kernel: the same
  // decision as for such a bind.
  SyscallAction Listen(const SyscallInvocation& invocation, Process& process);

 private:
  SyscallAction BindInet(Process& process, const RemoteSocket& socket, RawSocketAddress raw);
  SyscallAction BindUnix(Process& process, pid_t tid, const RemoteSocket& socket,
                         const SocketAddress& address);
  SyscallAction BindPath(Process& process, pid_t tid, const RemoteSocket& socket,
                         const std::string& path);
  SyscallAction Perform(const RemoteSocket& socket, const RawSocketAddress& address);
  // Nothing where the role may bind or listen there.
  std::optional<SyscallAction> RefuseAddress(Process& process, std::string_view syscall,
                                             const RemoteSocket& socket,
                                             const InetAddress& address);
  SyscallAction RefuseSocket(Process& process, std::string_view syscall,
                             const RemoteSocket& socket);

  const NetworkRules& rules_;
  const TraceeMemory& memory_;
  ListenerRegistry& listeners_;
  Reporter& reporter_;
  PathResolver paths_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_BIND_HANDLER_H_
