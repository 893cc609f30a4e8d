// sendto(2), sendmsg(2) and sendmmsg(2) on the caller's behalf. Loop thread only; a message that
// does not fit into a blocking socket becomes a Deferred.
#ifndef SAFE_TRACE_TRACER_NETWORK_SEND_HANDLER_H_
#define SAFE_TRACE_TRACER_NETWORK_SEND_HANDLER_H_

#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/network/brokered_sockets.h"
#include "tracer/network/destination_decider.h"
#include "tracer/network/dns_gate.h"
#include "tracer/network/outgoing_send.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class SendHandler {
 public:
  // Without a gate the broker's clients are registered under their tgid.
  SendHandler(const NetworkRules& rules, const TraceeMemory& memory, DnsBroker& broker,
              ListenerRegistry& listeners, Reporter& reporter, DnsGate* gate,
              BrokeredSockets* brokered = nullptr)
      : memory_(memory),
        broker_(broker),
        listeners_(listeners),
        reporter_(reporter),
        gate_(gate),
        brokered_(brokered),
        decider_(rules, broker, listeners, reporter) {}

  SyscallAction SendTo(const SyscallInvocation& invocation, Process& process);
  SyscallAction SendMessage(const SyscallInvocation& invocation, Process& process);
  SyscallAction SendMessages(const SyscallInvocation& invocation, Process& process);

 private:
  using Socket = std::shared_ptr<const RemoteSocket>;
  // A message whose destination is decided, or the answer to the call.
  using Prepared = std::variant<std::shared_ptr<OutgoingSend>, SyscallAction>;
  // Who sends, by which call.
  struct Call {
    std::string_view name;
    pid_t tid = 0;
    Process& process;
    Socket socket;
    int flags = 0;
  };

  std::optional<SyscallAction> Begin(std::string_view name, const SyscallInvocation& invocation,
                                     uint64_t flags, Process& process, std::optional<Call>& call);
  Prepared PrepareHeader(const Call& call, const msghdr& header);
  Prepared Prepare(const Call& call, const RawSocketAddress* name, PayloadReader payload,
                   ControlData control);
  // Nothing where it may be sent; fills in what `content` needs.
  std::optional<SyscallAction> DecideName(const Call& call, RawSocketAddress name,
                                          const PayloadReader& payload,
                                          OutgoingSend::Content& content);
  std::optional<SyscallAction> DecideInetName(const Call& call, RawSocketAddress name,
                                              const PayloadReader& payload,
                                              OutgoingSend::Content& content);
  std::optional<SyscallAction> DecideUnixName(const Call& call, const RawSocketAddress& name,
                                              OutgoingSend::Content& content);
  static std::optional<SyscallAction> DecideNetlinkName(const RawSocketAddress& name);
  // A datagram to port 53, wherever: goes to the broker, as what is sent over a connected socket.
  std::optional<SyscallAction> LeadToBroker(const Call& call, const InetAddress& server,
                                            PayloadReader payload, OutgoingSend::Content& content);
  void RegisterAsClient(const Call& call);
  SyscallAction RefuseDns(const Call& call, BuiltInRefusal refusal, NetworkSubjectMatter matter);
  SyscallAction RefuseBuiltIn(const Call& call, BuiltInRefusal refusal);
  void ReportOnce(const Call& call, const Destination& destination);
  SyscallAction Run(const Call& call, std::shared_ptr<OutgoingSend> message);
  OutgoingSend::Progress RunNow(const Call& call, OutgoingSend& message);

  const TraceeMemory& memory_;
  DnsBroker& broker_;
  ListenerRegistry& listeners_;
  Reporter& reporter_;
  DnsGate* gate_;
  BrokeredSockets* brokered_;  // null: nobody asks
  DestinationDecider decider_;
  ReportedDestinations reported_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_SEND_HANDLER_H_
