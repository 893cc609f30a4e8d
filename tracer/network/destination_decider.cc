#include "tracer/network/destination_decider.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "tracer/network/loopback_listeners.h"
#include "tracer/network/process_snapshot.h"

namespace safe_trace {
namespace {

// A reader must be able to tell it from what lies outside.
void NoteOwn(const Decision& decision, NetworkSubjectMatter& matter) {
  if (decision.allowed() && !decision.is_violation) matter.own_rule = decision.rule->id;
}

}  // namespace

std::optional<SyscallAction> DestinationDecider::Conclude(
    Process& process, const Decision& decision, const NetworkSubjectMatter& matter) const {
  if (!decision.allowed()) return Refuse(reporter_, process, decision, matter);
  if (decision.is_violation) {  // --on-violation log
    TraceEvent event = NetworkEvent(matter, "success");
    event.is_violation = true;
    reporter_.ReportDecision(process, decision, std::move(event), DescribeAttempt(matter),
                             matter.how_to_allow);
  }
  return std::nullopt;
}

std::optional<SyscallAction> DestinationDecider::DecideInet(
    Process& process, std::string_view syscall, NetworkOperation operation,
    const RemoteSocket& socket, const InetAddress& address, Destination& out) {
  InetAddress effective = address;
  effective.ip = EffectiveDestination(address.ip);
  const Subject& subject = SubjectOf(process);
  std::vector<std::string> names = broker_.NamesOf(effective.ip);
  NetworkRequest request;
  request.operation = operation;
  request.is_stream = socket.type == SOCK_STREAM;
  request.address = effective.ip;
  request.port = effective.port;
  request.names = names;
  request.bound_by_this_run =
      IsOwnPort(listeners_, request.is_stream, effective.ip, effective.port);
  Decision decision = rules_.EvaluateNetwork(subject, request);
  out.matter = DescribeInet(syscall, socket, effective, std::move(names), subject);
  if (request.bound_by_this_run) NoteOwn(decision, out.matter);
  // Connecting a datagram socket tells which way packets would go, which libraries ask to sort
  // addresses by. Port 0 tells the same, and nobody listens there.
  if (operation == NetworkOperation::kConnect && socket.IsUdp() && decision.allowed() &&
      !rules_.CarriesDatagrams(subject, request)) {
    effective.port = 0;
  }
  out.address = EncodeInetAddress(effective);
  out.relayed = operation == NetworkOperation::kConnect && socket.IsTcp() &&
                !request.bound_by_this_run && !rules_.IsDirect(subject, request);
  if (operation == NetworkOperation::kConnect && (!decision.allowed() || decision.is_violation)) {
    if (auto answer = AnswerVacant(process, socket, request, out.matter)) return answer;
    if (IsAsking(process, socket, decision, out.matter)) return Park{};
  }
  return Conclude(process, decision, out.matter);
}

bool DestinationDecider::IsAsking(const Process& process, const RemoteSocket& socket,
                                  const Decision& decision,
                                  const NetworkSubjectMatter& matter) const {
  if (asker_ == nullptr || decision.allowed() || !socket.IsTcp()) return false;
  const InetAddress& to = *matter.inet;
  const std::string host = matter.names.empty() ? to.ip.ToString() : matter.names.front();
  return asker_->IsAsking(SnapshotOf(process), decision, {DescribeAttempt(matter), host, to.port, matter.names.empty()});
}

std::optional<SyscallAction> DestinationDecider::AnswerVacant(Process& process,
                                                              const RemoteSocket& socket,
                                                              const NetworkRequest& request,
                                                              const NetworkSubjectMatter& matter) {
  if (!socket.IsTcp() && !socket.IsUdp()) return std::nullopt;
  if (!IsVacantPort(request.is_stream, request.address, request.port)) return std::nullopt;
  // A connection outlives its listener; the kernel then looks at no address.
  RawSocketAddress peer;
  peer.length = sizeof(peer.storage);
  if (socket.IsTcp() && getpeername(socket.fd.get(), peer.get(), &peer.length) == 0) {
    return Fail{EISCONN};
  }
  if (vacant_reported_.Add(process, matter)) {
    TraceEvent event = NetworkEvent(matter, "failure");
    event.Set("safe_trace.reason", std::string("nothing listens there"));
    reporter_.ReportEvent(process, std::move(event));
  }
  return Fail{ECONNREFUSED};
}

std::optional<SyscallAction> DestinationDecider::DecideUnix(Process& process, pid_t tid,
                                                            std::string_view syscall,
                                                            const SocketAddress& address,
                                                            Destination& out) const {
  if (const auto* path = std::get_if<UnixPathAddress>(&address)) {
    return DecidePath(process, tid, syscall, path->path, out);
  }
  if (const auto* abstract = std::get_if<UnixAbstractAddress>(&address)) {
    return DecideAbstract(process, syscall, abstract->name, out);
  }
  return Fail{EINVAL};  // as unix_find_other's callers for another family or no name
}

std::optional<SyscallAction> DestinationDecider::DecidePath(Process& process, pid_t tid,
                                                            std::string_view syscall,
                                                            const std::string& path,
                                                            Destination& out) const {
  const Subject& subject = SubjectOf(process);
  absl::StatusOr<ProcessStatus> status = ReadProcessStatus(tid);
  if (!status.ok()) return Fail{ESRCH};
  PinnedPath pinned;
  int error = 0;
  {
    ScopedIdentity identity(*status);
    if (!identity.ok()) return Fail{EACCES};
    error = paths_.Resolve({tid, process.tgid}, AT_FDCWD, path, /*follow=*/true, pinned);
  }
  if (error == kForeignMagicLink) {
    return Refuse(reporter_, process,
                  BuiltInDecision(BuiltInRefusal::kUnresolvablePath, subject.role),
                  DescribeUnix(syscall, path));
  }
  if (error != 0) return Fail{error};
  struct stat file {};
  if (fstat(pinned.object.get(), &file) != 0) return Fail{errno};
  if (!S_ISSOCK(file.st_mode)) return Fail{ECONNREFUSED};
  out.matter = DescribeUnix(syscall, pinned.path);
  UnixSocketRequest request{.name = pinned.path};
  Decision decision = rules_.EvaluateUnixSocket(subject, request);
  // Asking the kernel for the owner costs a table: only where it can change the answer.
  if (!decision.allowed() && IsOwnSocketFile(listeners_, file.st_dev, file.st_ino)) {
    request.bound_by_this_run = true;
    decision = rules_.EvaluateUnixSocket(subject, request);
  }
  if (request.bound_by_this_run) NoteOwn(decision, out.matter);
  if (!decision.allowed()) out.matter.how_to_allow = absl::StrCat("--allow-read ", pinned.path);
  // The kernel looks up the pinned object through this link: it cannot be exchanged any more.
  out.address = EncodeUnixPath(DescriptorLink(pinned.object.get()));
  out.pinned = std::make_shared<const UniqueFd>(std::move(pinned.object));
  out.identity = *std::move(status);
  return Conclude(process, decision, out.matter);
}

std::optional<SyscallAction> DestinationDecider::DecideAbstract(Process& process,
                                                                std::string_view syscall,
                                                                const std::string& name,
                                                                Destination& out) const {
  const Subject& subject = SubjectOf(process);
  out.matter = DescribeUnix(syscall, "@" + name);
  UnixSocketRequest request{.name = name, .is_abstract = true};
  Decision decision = rules_.EvaluateUnixSocket(subject, request);
  if (!decision.allowed() && IsOwnAbstract(listeners_, name)) {
    request.bound_by_this_run = true;
    decision = rules_.EvaluateUnixSocket(subject, request);
  }
  if (request.bound_by_this_run) NoteOwn(decision, out.matter);
  out.address = EncodeUnixAbstract(name);
  return Conclude(process, decision, out.matter);
}

}  // namespace safe_trace
