// Decides about where a connect or an addressed send goes, and pins it. Loop thread only.
#ifndef SAFE_TRACE_TRACER_NETWORK_DESTINATION_DECIDER_H_
#define SAFE_TRACE_TRACER_NETWORK_DESTINATION_DECIDER_H_

#include <memory>
#include <optional>
#include <string_view>

#include "tracer/deciding/asker.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/listener_registry.h"
#include "tracer/network/network_report.h"
#include "tracer/network/network_rules.h"
#include "tracer/network/remote_socket.h"
#include "tracer/network/socket_address.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_status.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

// What was decided on, ready to be given to the kernel. Copies share the pinned object.
struct Destination {
  RawSocketAddress address;
  std::shared_ptr<const UniqueFd> pinned;  // the socket file that `address` goes through
  std::optional<ProcessStatus> identity;   // whose rights on the socket file count
  NetworkSubjectMatter matter;
  bool relayed = false;  // TCP to a host outside the run: the relay stands in between
};

class DestinationDecider {
 public:
  DestinationDecider(const NetworkRules& rules, DnsBroker& broker, ListenerRegistry& listeners,
                     Reporter& reporter)
      : rules_(rules), broker_(broker), listeners_(listeners), reporter_(reporter) {}

  void SetAsker(Asker* asker) { asker_ = asker; }

  // Nothing where it is allowed: `out` is filled in. Otherwise the answer, already reported.
  std::optional<SyscallAction> DecideInet(Process& process, std::string_view syscall,
                                          NetworkOperation operation, const RemoteSocket& socket,
                                          const InetAddress& address, Destination& out);
  std::optional<SyscallAction> DecideUnix(Process& process, pid_t tid, std::string_view syscall,
                                          const SocketAddress& address, Destination& out) const;

 private:
  // Programs poll their own server until it is up and take EACCES for fatal. Where the decision is
  // no plain yes and nobody is there who could be reached, the answer is that of an unwatched
  // connect, given without connecting: somebody may come to be there at any time.
  std::optional<SyscallAction> AnswerVacant(Process& process, const RemoteSocket& socket,
                                            const NetworkRequest& request,
                                            const NetworkSubjectMatter& matter);
  // The call waits while the user is asked.
  bool IsAsking(const Process& process, const RemoteSocket& socket, const Decision& decision,
                const NetworkSubjectMatter& matter) const;
  std::optional<SyscallAction> DecidePath(Process& process, pid_t tid, std::string_view syscall,
                                          const std::string& path, Destination& out) const;
  std::optional<SyscallAction> DecideAbstract(Process& process, std::string_view syscall,
                                              const std::string& name, Destination& out) const;
  // Reports where needed; nothing where allowed.
  std::optional<SyscallAction> Conclude(Process& process, const Decision& decision,
                                        const NetworkSubjectMatter& matter) const;

  const NetworkRules& rules_;
  DnsBroker& broker_;
  ListenerRegistry& listeners_;
  Reporter& reporter_;
  Asker* asker_ = nullptr;
  PathResolver paths_;
  ReportedDestinations vacant_reported_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DESTINATION_DECIDER_H_
