#include "tracer/network/bind_handler.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>

#include "tracer/network/loopback_listeners.h"
#include "tracer/network/network_report.h"
#include "tracer/network/unix_bind.h"

namespace safe_trace {

SyscallAction BindHandler::RefuseSocket(Process& process, std::string_view syscall,
                                        const RemoteSocket& socket) {
  NetworkSubjectMatter matter = DescribeUnix(syscall, "");
  matter.transport = TransportName(socket);
  matter.target = "a socket of family " + std::to_string(socket.domain) + ", protocol " +
                  std::to_string(socket.protocol);
  return Refuse(reporter_, process,
                BuiltInDecision(BuiltInRefusal::kUnsupportedSocket, SubjectOf(process).role),
                matter);
}

SyscallAction BindHandler::Bind(const SyscallInvocation& invocation, Process& process) {
  RemoteSocket socket;
  int error =
      DuplicateSocket(process, invocation.tid, static_cast<int>(invocation.arguments[0]), socket);
  if (error != 0) return Fail{error};
  RawSocketAddress raw;
  error = CopySocketAddress(memory_, invocation.tid, invocation.arguments[1],
                            static_cast<int>(invocation.arguments[2]), raw);
  if (error != 0) return Fail{error};
  if (IsInetFamily(socket.domain)) return BindInet(process, socket, raw);
  SocketAddress address;
  error = DecodeSocketAddress(raw, address);
  if (error != 0) return Fail{error};
  if (socket.domain == AF_UNIX) return BindUnix(process, invocation.tid, socket, address);
  const auto* netlink = std::get_if<NetlinkAddress>(&address);
  if (socket.domain == AF_NETLINK && socket.protocol == NETLINK_ROUTE) {
    if (netlink == nullptr) return Fail{EINVAL};
    return Perform(socket, EncodeNetlink(*netlink));
  }
  return RefuseSocket(process, "bind", socket);
}

std::optional<SyscallAction> BindHandler::RefuseAddress(Process& process, std::string_view syscall,
                                                        const RemoteSocket& socket,
                                                        const InetAddress& address) {
  const Subject& subject = SubjectOf(process);
  NetworkRequest request;
  request.operation = NetworkOperation::kBind;
  request.is_stream = socket.type == SOCK_STREAM;
  request.address = address.ip;
  request.port = address.port;
  Decision decision = rules_.EvaluateNetwork(subject, request);
  bool beyond_loopback = subject.role == Role::kPackage && !address.ip.IsLoopback();
  if (decision.allowed() && beyond_loopback && socket.type == SOCK_STREAM && syscall == "listen") {
    decision = BuiltInDecision(BuiltInRefusal::kPackageListener, subject.role);
  }
  if (decision.allowed()) return std::nullopt;
  NetworkSubjectMatter matter = DescribeInet(syscall, socket, address, {}, subject);
  matter.how_to_allow.clear();  // --allow-host is about destinations
  return Refuse(reporter_, process, decision, matter);
}

SyscallAction BindHandler::BindInet(Process& process, const RemoteSocket& socket,
                                    RawSocketAddress raw) {
  if (!socket.IsTcp() && !socket.IsUdp() && !socket.IsEcho()) {
    return RefuseSocket(process, "bind", socket);
  }
  // IPv4 sockets take AF_UNSPEC for AF_INET here (net/ipv4/af_inet.c, "compatibility games").
  if (socket.domain == AF_INET) ReadUnspecifiedAsInet(raw);
  SocketAddress address;
  int error = DecodeSocketAddress(raw, address);
  if (error != 0) return Fail{error};
  const auto* inet = std::get_if<InetAddress>(&address);
  if (inet == nullptr) return Fail{EAFNOSUPPORT};
  if (auto refusal = RefuseAddress(process, "bind", socket, *inet)) return std::move(*refusal);
  return Perform(socket, EncodeInetAddress(*inet));
}

SyscallAction BindHandler::BindUnix(Process& process, pid_t tid, const RemoteSocket& socket,
                                    const SocketAddress& address) {
  if (const auto* path = std::get_if<UnixPathAddress>(&address)) {
    return BindPath(process, tid, socket, path->path);
  }
  if (const auto* abstract = std::get_if<UnixAbstractAddress>(&address)) {
    return Perform(socket, EncodeUnixAbstract(abstract->name));
  }
  if (std::holds_alternative<UnixUnnamedAddress>(address)) {
    return Perform(socket, EncodeFamilyOnly(AF_UNIX, sizeof(sa_family_t)));
  }
  return Fail{EINVAL};
}

SyscallAction BindHandler::BindPath(Process& process, pid_t tid, const RemoteSocket& socket,
                                    const std::string& path) {
  const Subject& subject = SubjectOf(process);
  TaskRef task{tid, process.tgid};
  absl::StatusOr<ProcessStatus> status = ReadProcessStatus(tid);
  if (!status.ok()) return Fail{ESRCH};
  PinnedPath pinned;
  int error = 0;
  {
    ScopedIdentity identity(*status);
    if (!identity.ok()) return Fail{EACCES};
    error = paths_.ResolveParent(task, AT_FDCWD, path, /*follow_leaf=*/false, pinned);
  }
  if (error == kForeignMagicLink) {
    return Refuse(reporter_, process,
                  BuiltInDecision(BuiltInRefusal::kUnresolvablePath, subject.role),
                  DescribeUnix("bind", path));
  }
  if (error != 0) return Fail{error};
  Decision decision = rules_.EvaluateFile(subject, {.path = pinned.path, .access = Access::kWrite});
  if (!decision.allowed()) {
    return Refuse(reporter_, process, decision, DescribeUnix("bind", pinned.path));
  }
  error = BindToPath(socket.fd.get(), path, pinned, task, *status);
  if (error != 0) return Fail{error};
  RegisterBoundSocket(listeners_, socket);
  return Return{0};
}

SyscallAction BindHandler::Perform(const RemoteSocket& socket, const RawSocketAddress& address) {
  if (bind(socket.fd.get(), address.get(), address.length) != 0) return Fail{errno};
  RegisterBoundSocket(listeners_, socket);
  return Return{0};
}

SyscallAction BindHandler::Listen(const SyscallInvocation& invocation, Process& process) {
  RemoteSocket socket;
  int error =
      DuplicateSocket(process, invocation.tid, static_cast<int>(invocation.arguments[0]), socket);
  if (error != 0) return Fail{error};
  if (IsInetFamily(socket.domain) && socket.type == SOCK_STREAM) {
    if (!socket.IsTcp()) return RefuseSocket(process, "listen", socket);
    RawSocketAddress raw;
    SocketAddress address;
    if (!LocalAddress(socket.fd.get(), raw) || DecodeSocketAddress(raw, address) != 0 ||
        !std::holds_alternative<InetAddress>(address)) {
      return Fail{EACCES};
    }
    const auto& inet = std::get<InetAddress>(address);
    if (auto refusal = RefuseAddress(process, "listen", socket, inet)) return std::move(*refusal);
  } else if (!IsInetFamily(socket.domain) && socket.domain != AF_UNIX &&
             socket.domain != AF_NETLINK) {
    return RefuseSocket(process, "listen", socket);
  }
  if (listen(socket.fd.get(), static_cast<int>(invocation.arguments[1])) != 0) return Fail{errno};
  RegisterBoundSocket(listeners_, socket);
  return Return{0};
}

}  // namespace safe_trace
