#include "tracer/network/send_handler.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "tracer/network/dns_message.h"
#include "tracer/network/loopback_listeners.h"
#include "tracer/network/network_report.h"

namespace safe_trace {
namespace {

constexpr uint16_t kDnsPort = 53;
// Bytes: of 65535 the headers take some, of IPv4 its own and UDP's, of IPv6 UDP's alone.
constexpr size_t kLongestInIpv4 = 65507;
constexpr size_t kLongestInIpv6 = 65527;
constexpr uint32_t kMaximumMessages = 1024;        // UIO_MAXIOV, as the kernel clamps
constexpr size_t kInlineBudget = 4 * 1024 * 1024;  // bytes sent within one answer

bool IsSupported(const RemoteSocket& socket) {
  if (IsInetFamily(socket.domain)) return socket.IsTcp() || socket.IsUdp() || socket.IsEcho();
  if (socket.domain == AF_NETLINK) return socket.protocol == NETLINK_ROUTE;
  return socket.domain == AF_UNIX;
}

SyscallAction ActionOf(int64_t result) {
  if (result < 0) return Fail{static_cast<int>(-result)};
  return Return{result};
}

}  // namespace

std::optional<SyscallAction> SendHandler::Begin(std::string_view name,
                                                const SyscallInvocation& invocation, uint64_t flags,
                                                Process& process, std::optional<Call>& call) {
  auto socket = std::make_shared<RemoteSocket>();
  int error =
      DuplicateSocket(process, invocation.tid, static_cast<int>(invocation.arguments[0]), *socket);
  if (error != 0) return Fail{error};
  call.emplace(Call{name, invocation.tid, process, std::move(socket), static_cast<int>(flags)});
  if (!IsSupported(*call->socket)) return RefuseBuiltIn(*call, BuiltInRefusal::kUnsupportedSocket);
  if ((call->flags & MSG_FASTOPEN) != 0) return RefuseBuiltIn(*call, BuiltInRefusal::kFastOpen);
  return std::nullopt;
}

SyscallAction SendHandler::RefuseBuiltIn(const Call& call, BuiltInRefusal refusal) {
  NetworkSubjectMatter matter = DescribeUnix(call.name, "");
  matter.action = "network-send";
  matter.transport = TransportName(*call.socket);
  matter.target = "a socket of family " + std::to_string(call.socket->domain);
  return Refuse(reporter_, call.process, BuiltInDecision(refusal, SubjectOf(call.process).role),
                matter);
}

SyscallAction SendHandler::SendTo(const SyscallInvocation& invocation, Process& process) {
  std::optional<Call> call;
  if (auto answer = Begin("sendto", invocation, invocation.arguments[3], process, call)) {
    return std::move(*answer);
  }
  RawSocketAddress name;
  if (invocation.arguments[4] != 0) {
    int error = CopySocketAddress(memory_, invocation.tid, invocation.arguments[4],
                                  static_cast<int>(invocation.arguments[5]), name);
    if (error != 0) return Fail{error};
  }
  PayloadReader payload(memory_, invocation.tid);
  payload.SetSingle(invocation.arguments[1], invocation.arguments[2]);
  Prepared prepared =
      Prepare(*call, name.length > 0 ? &name : nullptr, std::move(payload), ControlData{});
  if (auto* answer = std::get_if<SyscallAction>(&prepared)) return std::move(*answer);
  return Run(*call, std::get<std::shared_ptr<OutgoingSend>>(std::move(prepared)));
}

SyscallAction SendHandler::SendMessage(const SyscallInvocation& invocation, Process& process) {
  std::optional<Call> call;
  if (auto answer = Begin("sendmsg", invocation, invocation.arguments[2], process, call)) {
    return std::move(*answer);
  }
  msghdr header{};
  if (!memory_.ReadValue(invocation.tid, invocation.arguments[1], header).ok()) {
    return Fail{EFAULT};
  }
  Prepared prepared = PrepareHeader(*call, header);
  if (auto* answer = std::get_if<SyscallAction>(&prepared)) return std::move(*answer);
  return Run(*call, std::get<std::shared_ptr<OutgoingSend>>(std::move(prepared)));
}

SyscallAction SendHandler::SendMessages(const SyscallInvocation& invocation, Process& process) {
  std::optional<Call> call;
  if (auto answer = Begin("sendmmsg", invocation, invocation.arguments[3], process, call)) {
    return std::move(*answer);
  }
  auto count = std::min(static_cast<uint32_t>(invocation.arguments[2]), kMaximumMessages);
  int64_t total = 0;
  uint32_t done = 0;
  // As the kernel: the first error ends the call, and counts only where nothing was sent.
  for (; done < count && total < static_cast<int64_t>(kInlineBudget); ++done) {
    uint64_t address = invocation.arguments[1] + done * sizeof(mmsghdr);
    uint64_t length_address = address + offsetof(mmsghdr, msg_len);
    mmsghdr message{};
    if (!memory_.ReadValue(invocation.tid, address, message).ok()) {
      return done > 0 ? SyscallAction(Return{done}) : SyscallAction(Fail{EFAULT});
    }
    Prepared prepared = PrepareHeader(*call, message.msg_hdr);
    if (auto* answer = std::get_if<SyscallAction>(&prepared)) {
      bool killed = std::holds_alternative<NoAnswer>(*answer);
      return done > 0 && !killed ? SyscallAction(Return{done}) : std::move(*answer);
    }
    auto outgoing = std::get<std::shared_ptr<OutgoingSend>>(std::move(prepared));
    OutgoingSend::Progress progress = RunNow(*call, *outgoing);
    auto store = [&memory = memory_, tid = invocation.tid, length_address](int64_t sent) {
      auto length = static_cast<uint32_t>(sent);
      return memory.Write(tid, length_address, &length, sizeof(length)).ok();
    };
    if (progress != OutgoingSend::Progress::kFinished && outgoing->may_wait() && done == 0) {
      return Deferred{[outgoing, store](const std::function<bool()>& interrupted) {
        int64_t result = outgoing->Complete(interrupted);
        if (result >= 0 && !store(result)) result = -EFAULT;
        return result < 0 ? Deferred::Result(Fail{static_cast<int>(-result)})
                          : Deferred::Result(Return{1});
      }};
    }
    int64_t result = outgoing->result();
    if (result >= 0 && !store(result)) result = -EFAULT;
    if (result < 0) return done > 0 ? SyscallAction(Return{done}) : ActionOf(result);
    total += result;
    if (progress != OutgoingSend::Progress::kFinished) return Return{done + 1};
  }
  return Return{done};
}

SendHandler::Prepared SendHandler::PrepareHeader(const Call& call, const msghdr& header) {
  RawSocketAddress name;
  if (header.msg_name != nullptr) {
    // The kernel reads the length as an int and cuts it to what a sockaddr_storage holds.
    int length = static_cast<int>(header.msg_namelen);
    if (length > static_cast<int>(sizeof(name.storage))) length = sizeof(name.storage);
    int error = CopySocketAddress(memory_, call.tid, reinterpret_cast<uint64_t>(header.msg_name),
                                  length, name);
    if (error != 0) return SyscallAction(Fail{error});
  }
  PayloadReader payload(memory_, call.tid);
  int error = payload.SetVector(reinterpret_cast<uint64_t>(header.msg_iov), header.msg_iovlen);
  if (error != 0) return SyscallAction(Fail{error});
  ControlData control;
  if (header.msg_controllen > 0) {
    if (header.msg_controllen > kMaximumControl) return SyscallAction(Fail{ENOBUFS});
    std::vector<char> copied(header.msg_controllen);
    uint64_t address = reinterpret_cast<uint64_t>(header.msg_control);
    if (!memory_.Read(call.tid, address, copied.data(), copied.size()).ok()) {
      return SyscallAction(Fail{EFAULT});
    }
    error = RebuildControl(copied, *call.socket, call.process, call.tid, control);
    if (control.refused) return RefuseBuiltIn(call, BuiltInRefusal::kUnsupportedControl);
    if (error != 0) return SyscallAction(Fail{error});
  }
  return Prepare(call, name.length > 0 ? &name : nullptr, std::move(payload), std::move(control));
}

SendHandler::Prepared SendHandler::Prepare(const Call& call, const RawSocketAddress* name,
                                           PayloadReader payload, ControlData control) {
  OutgoingSend::Content content;
  content.socket = call.socket;
  content.control = std::move(control);
  content.flags = call.flags;
  content.tgid = call.process.tgid;
  content.tid = call.tid;
  if (name != nullptr) {
    if (auto answer = DecideName(call, *name, payload, content)) return std::move(*answer);
  }
  if (content.payload.has_value()) payload.Clear();
  return std::make_shared<OutgoingSend>(std::move(content), std::move(payload));
}

std::optional<SyscallAction> SendHandler::DecideName(const Call& call, RawSocketAddress name,
                                                     const PayloadReader& payload,
                                                     OutgoingSend::Content& content) {
  if (IsInetFamily(call.socket->domain)) return DecideInetName(call, name, payload, content);
  if (call.socket->domain == AF_UNIX) return DecideUnixName(call, name, content);
  return DecideNetlinkName(name);
}

std::optional<SyscallAction> SendHandler::DecideInetName(const Call& call, RawSocketAddress name,
                                                         const PayloadReader& payload,
                                                         OutgoingSend::Content& content) {
  // TCP ignores the name; so that no kernel ever heeds it, it is not passed on.
  if (call.socket->IsTcp()) return std::nullopt;
  if (call.socket->domain == AF_INET) ReadUnspecifiedAsInet(name);
  SocketAddress address;
  int error = DecodeSocketAddress(name, address);
  if (error != 0) return Fail{error};
  if (std::holds_alternative<UnspecifiedAddress>(address)) return std::nullopt;  // IPv6: no name
  const auto* inet = std::get_if<InetAddress>(&address);
  if (inet == nullptr) return Fail{call.socket->domain == AF_INET ? EAFNOSUPPORT : EINVAL};
  if (inet->port == kDnsPort && call.socket->IsUdp()) {
    return LeadToBroker(call, *inet, payload, content);
  }
  Destination destination;
  if (auto answer = decider_.DecideInet(call.process, call.name, NetworkOperation::kSend,
                                        *call.socket, *inet, destination)) {
    return answer;
  }
  ReportOnce(call, destination);
  content.destination = destination.address;
  return std::nullopt;
}

std::optional<SyscallAction> SendHandler::DecideUnixName(const Call& call,
                                                         const RawSocketAddress& name,
                                                         OutgoingSend::Content& content) {
  if (call.socket->type == SOCK_SEQPACKET) return std::nullopt;  // the kernel ignores the name
  if (call.socket->type == SOCK_STREAM) {
    RawSocketAddress peer;
    peer.length = sizeof(peer.storage);
    bool connected = getpeername(call.socket->fd.get(), peer.get(), &peer.length) == 0;
    return Fail{connected ? EISCONN : EOPNOTSUPP};
  }
  SocketAddress address;
  int error = DecodeSocketAddress(name, address);
  if (error != 0) return Fail{error};
  Destination destination;
  if (auto answer = decider_.DecideUnix(call.process, call.tid, call.name, address, destination)) {
    return answer;
  }
  ReportOnce(call, destination);
  content.destination = destination.address;
  content.pinned = std::move(destination.pinned);
  content.identity = std::move(destination.identity);
  return std::nullopt;
}

std::optional<SyscallAction> SendHandler::DecideNetlinkName(const RawSocketAddress& name) {
  SocketAddress address;
  int error = DecodeSocketAddress(name, address);
  if (error != 0) return Fail{error};
  const auto* netlink = std::get_if<NetlinkAddress>(&address);
  if (netlink == nullptr) return Fail{EINVAL};
  // Only the kernel may be talked to: port 0, no groups.
  if (netlink->port_id != 0 || netlink->groups != 0) return Fail{EPERM};
  // The kernel is the destination without a name too. With one it would ask for the rights of
  // whoever sends, which is the supervisor; without, also for those of the socket's opener.
  return std::nullopt;
}

std::optional<SyscallAction> SendHandler::LeadToBroker(const Call& call, const InetAddress& server,
                                                       PayloadReader payload,
                                                       OutgoingSend::Content& content) {
  const Subject& subject = SubjectOf(call.process);
  Destination destination;
  destination.matter = DescribeInet(call.name, *call.socket, server, {}, subject);
  RawSocketAddress& broker = destination.address;
  if (!broker_.AddressFor(call.socket->domain, false, broker.storage, broker.length)) {
    return RefuseDns(call, BuiltInRefusal::kNoResolver, destination.matter);
  }
  const size_t longest = server.ip.is_v6 ? kLongestInIpv6 : kLongestInIpv4;
  if (payload.remaining() > longest) return Fail{EMSGSIZE};
  std::vector<char>& bytes = content.payload.emplace();
  if (int error = payload.Next(longest, bytes); error != 0) return Fail{error};
  // The broker decides about the name, and would pass over what is no question: the caller then
  // waited for nothing, and what it tried would not be in the trace.
  const absl::StatusOr<DnsQuery> query =
      ParseDnsQuery({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  if (!query.ok()) return RefuseDns(call, BuiltInRefusal::kNoDnsQuery, destination.matter);
  if (brokered_ != nullptr) {
    const RawSocketAddress raw = EncodeInetAddress(server);
    brokered_->RememberQuestion(call.socket->inode, query->id, SocketName{raw.storage, raw.length});
  }
  RegisterAsClient(call);
  if (reported_.Add(call.process, destination.matter)) {
    TraceEvent event = NetworkEvent(destination.matter, "unknown");
    event.Set("safe_trace.mechanism", std::string("dns-broker"));
    reporter_.ReportEvent(call.process, std::move(event));
  }
  content.destination = broker;
  // An interface or a source address was meant for the way to the server.
  content.control = ControlData{};
  return std::nullopt;
}

SyscallAction SendHandler::RefuseDns(const Call& call, BuiltInRefusal refusal,
                                     NetworkSubjectMatter matter) {
  matter.how_to_allow.clear();
  return Refuse(reporter_, call.process, BuiltInDecision(refusal, SubjectOf(call.process).role),
                matter);
}

// The broker knows its clients by their port. Left alone, the kernel chooses one while sending, and
// the broker may have the datagram before anybody could tell it whose it is.
void SendHandler::RegisterAsClient(const Call& call) {
  const int socket = call.socket->fd.get();
  if (LocalPort(socket) == 0) {
    InetAddress any{.ip = {}, .as_v6 = call.socket->domain == AF_INET6};
    any.ip.is_v6 = any.as_v6;
    const RawSocketAddress raw = EncodeInetAddress(any);
    // Where it fails the send says why.
    [[maybe_unused]] int result = bind(socket, raw.get(), raw.length);
  }
  const uint16_t port = LocalPort(socket);
  if (port == 0) return;
  broker_.RegisterClient(
      false, port,
      gate_ != nullptr ? gate_->ClientFor(call.process) : static_cast<uint64_t>(call.process.tgid));
}

void SendHandler::ReportOnce(const Call& call, const Destination& destination) {
  if (!reported_.Add(call.process, destination.matter)) return;
  reporter_.ReportEvent(call.process, NetworkEvent(destination.matter, "success"));
}

OutgoingSend::Progress SendHandler::RunNow(const Call& call, OutgoingSend& message) {
  OutgoingSend::Progress progress = OutgoingSend::Progress::kMore;
  while (progress == OutgoingSend::Progress::kMore &&
         message.result() < static_cast<int64_t>(kInlineBudget)) {
    progress = message.Advance();
  }
  // Whoever gets the datagram may want to send back: the kernel has chosen a port by now.
  if (message.result() >= 0 && call.socket->IsUdp()) RegisterBoundSocket(listeners_, *call.socket);
  return progress;
}

SyscallAction SendHandler::Run(const Call& call, std::shared_ptr<OutgoingSend> message) {
  OutgoingSend::Progress progress = RunNow(call, *message);
  if (progress == OutgoingSend::Progress::kFinished || !message->may_wait()) {
    return ActionOf(message->result());
  }
  return Deferred{[message](const std::function<bool()>& interrupted) {
    int64_t result = message->Complete(interrupted);
    return result < 0 ? Deferred::Result(Fail{static_cast<int>(-result)})
                      : Deferred::Result(Return{result});
  }};
}

}  // namespace safe_trace
