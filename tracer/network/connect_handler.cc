#include "tracer/network/connect_handler.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "tracer/network/interruptible_connect.h"
#include "tracer/network/loopback_listeners.h"

namespace safe_trace {
namespace {

constexpr uint16_t kDnsPort = 53;

bool MayBlock(const RemoteSocket& socket) {
  return !socket.nonblocking && (socket.type == SOCK_STREAM || socket.type == SOCK_SEQPACKET);
}

int ConnectNow(int socket, const RawSocketAddress& address,
               const std::optional<ProcessStatus>& status = std::nullopt) {
  std::optional<ScopedIdentity> identity;
  if (status.has_value()) identity.emplace(*status);
  if (identity.has_value() && !identity->ok()) return EACCES;
  return connect(socket, address.get(), address.length) == 0 ? 0 : errno;
}

SyscallAction AnswerOf(int error) {
  if (error == 0) return Return{0};
  return Fail{error};
}

// Polling a connect that is under way, or repeating a finished one: nothing new to tell.
bool IsRepetition(int error) { return error == EALREADY || error == EISCONN; }

std::string_view OutcomeOf(int error) {
  if (error == 0) return "success";
  return error == EINPROGRESS ? "unknown" : "failure";
}

}  // namespace

SyscallAction ConnectHandler::Connect(const SyscallInvocation& invocation, Process& process) {
  RemoteSocket socket;
  int error =
      DuplicateSocket(process, invocation.tid, static_cast<int>(invocation.arguments[0]), socket);
  if (error != 0) return Fail{error};
  RawSocketAddress raw;
  error = CopySocketAddress(memory_, invocation.tid, invocation.arguments[1],
                            static_cast<int>(invocation.arguments[2]), raw);
  if (error != 0) return Fail{error};
  SocketAddress address;
  error = DecodeSocketAddress(raw, address);
  if (error != 0) return Fail{error};
  if (IsInetFamily(socket.domain)) return ConnectInet(process, std::move(socket), address);
  if (socket.domain == AF_NETLINK) return ConnectNetlink(process, std::move(socket), address);
  if (socket.domain != AF_UNIX) {
    NetworkSubjectMatter matter = DescribeUnix("connect", "");
    matter.transport = TransportName(socket);
    matter.target = "a socket of family " + std::to_string(socket.domain);
    return Refuse(reporter_, process,
                  BuiltInDecision(BuiltInRefusal::kUnsupportedSocket, SubjectOf(process).role),
                  matter);
  }
  if (std::holds_alternative<UnspecifiedAddress>(address)) {
    return AnswerOf(ConnectNow(socket.fd.get(), EncodeFamilyOnly(AF_UNSPEC, 16)));
  }
  Destination destination;
  if (auto answer = decider_.DecideUnix(process, invocation.tid, "connect", address, destination)) {
    return std::move(*answer);
  }
  return Perform(process, std::move(socket), std::move(destination));
}

SyscallAction ConnectHandler::ConnectInet(Process& process, RemoteSocket socket,
                                          const SocketAddress& address) {
  const auto* inet = std::get_if<InetAddress>(&address);
  if (!socket.IsTcp() && !socket.IsUdp() && !socket.IsEcho()) {
    NetworkSubjectMatter matter = DescribeInet(
        "connect", socket, inet == nullptr ? InetAddress{} : *inet, {}, SubjectOf(process));
    return Refuse(reporter_, process,
                  BuiltInDecision(BuiltInRefusal::kUnsupportedSocket, SubjectOf(process).role),
                  matter);
  }
  // Dissolving an association reaches nobody, and never blocks.
  if (std::holds_alternative<UnspecifiedAddress>(address)) {
    return AnswerOf(ConnectNow(socket.fd.get(), EncodeFamilyOnly(AF_UNSPEC, 16)));
  }
  if (inet == nullptr) return Fail{EAFNOSUPPORT};
  if (inet->port == kDnsPort && !socket.IsEcho()) {
    return ConnectToBroker(process, std::move(socket), *inet);
  }
  Destination destination;
  if (auto answer = decider_.DecideInet(process, "connect", NetworkOperation::kConnect, socket,
                                        *inet, destination)) {
    return std::move(*answer);
  }
  if (destination.relayed && relayed_ != nullptr) {
    return relayed_->Connect(process, std::move(socket), std::move(destination));
  }
  return Perform(process, std::move(socket), std::move(destination));
}

SyscallAction ConnectHandler::ConnectToBroker(Process& process, RemoteSocket socket,
                                              const InetAddress& asked) {
  Role role = SubjectOf(process).role;
  NetworkSubjectMatter matter = DescribeInet("connect", socket, asked, {}, SubjectOf(process));
  RawSocketAddress address;
  if (!broker_.AddressFor(socket.domain, socket.IsTcp(), address.storage, address.length)) {
    return Refuse(reporter_, process, BuiltInDecision(BuiltInRefusal::kNoResolver, role), matter);
  }
  uint64_t client =
      gate_ != nullptr ? gate_->ClientFor(process) : static_cast<uint64_t>(process.tgid);
  TraceEvent event = NetworkEvent(matter, "unknown");
  event.Set("safe_trace.mechanism", std::string("dns-broker"));
  // The port is known only after the connect, and the caller cannot ask before it has returned.
  auto finish = [&broker = broker_, client, is_stream = socket.IsTcp()](int fd, int error) {
    // An interrupted connect goes on in the kernel.
    if (error != 0 && error != EINPROGRESS && error != EINTR) return;
    if (uint16_t port = LocalPort(fd); port != 0) broker.RegisterClient(is_stream, port, client);
  };
  if (!MayBlock(socket)) {
    int error = ConnectNow(socket.fd.get(), address);
    finish(socket.fd.get(), error);
    if (brokered_ != nullptr && socket.IsUdp()) {
      const RawSocketAddress raw = EncodeInetAddress(asked);
      SocketName server;
      server.storage = raw.storage;
      server.length = raw.length;
      brokered_->Remember(socket.inode, server);
    }
    event.outcome = OutcomeOf(error);
    if (!IsRepetition(error)) reporter_.ReportEvent(process, std::move(event));
    return AnswerOf(error);
  }
  reporter_.ReportEvent(process, std::move(event));
  auto shared = std::make_shared<const UniqueFd>(std::move(socket.fd));
  return Deferred{[shared, address, finish](const std::function<bool()>& interrupted) {
    int error = InterruptibleConnect(shared->get(), address, std::nullopt, interrupted);
    finish(shared->get(), error);
    return error == 0 ? Deferred::Result(Return{0}) : Deferred::Result(Fail{error});
  }};
}

SyscallAction ConnectHandler::ConnectNetlink(Process& process, RemoteSocket socket,
                                             const SocketAddress& address) {
  if (socket.protocol != NETLINK_ROUTE) {
    NetworkSubjectMatter matter = DescribeUnix("connect", "");
    matter.transport = "netlink";
    matter.target = "netlink protocol " + std::to_string(socket.protocol);
    return Refuse(reporter_, process,
                  BuiltInDecision(BuiltInRefusal::kUnsupportedSocket, SubjectOf(process).role),
                  matter);
  }
  if (std::holds_alternative<UnspecifiedAddress>(address)) {
    return AnswerOf(ConnectNow(socket.fd.get(), EncodeFamilyOnly(AF_UNSPEC, 12)));
  }
  const auto* netlink = std::get_if<NetlinkAddress>(&address);
  if (netlink == nullptr) return Fail{EINVAL};
  // Only the kernel may be talked to: port 0, no groups.
  if (netlink->port_id != 0 || netlink->groups != 0) return Fail{EPERM};
  return AnswerOf(ConnectNow(socket.fd.get(), EncodeNetlink(*netlink)));
}

SyscallAction ConnectHandler::Perform(Process& process, RemoteSocket socket,
                                      Destination destination) {
  if (!MayBlock(socket)) {
    int error = ConnectNow(socket.fd.get(), destination.address, destination.identity);
    // Its peer may want to send back: the kernel has chosen a port by now.
    if (error == 0 && socket.IsUdp()) RegisterBoundSocket(listeners_, socket);
    if (!IsRepetition(error)) {
      reporter_.ReportEvent(process, NetworkEvent(destination.matter, OutcomeOf(error)));
    }
    return AnswerOf(error);
  }
  reporter_.ReportEvent(process, NetworkEvent(destination.matter, "unknown"));
  auto shared = std::make_shared<const UniqueFd>(std::move(socket.fd));
  return Deferred{[shared,
                   destination = std::move(destination)](const std::function<bool()>& interrupted) {
    int error =
        InterruptibleConnect(shared->get(), destination.address, destination.identity, interrupted);
    return error == 0 ? Deferred::Result(Return{0}) : Deferred::Result(Fail{error});
  }};
}

}  // namespace safe_trace
