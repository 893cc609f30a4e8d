#include "tracer/network/network_report.h"

#include <netinet/in.h>
#include <signal.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace {

struct BuiltIn {
  Rule rule;
  int error;
  bool is_violation;
};

const BuiltIn& BuiltInFor(BuiltInRefusal refusal) {
  static const std::array<BuiltIn, 7> kTable = {{
      {{"network.unsupported-socket", "this kind of socket is not supervised"}, EACCES, true},
      {{"network.fast-open", "TCP fast open sends before the address is decided"}, EPERM, true},
      {{"network.no-dns-query", "only DNS queries go to port 53"}, ECONNREFUSED, false},
      {{"network.no-resolver", "the DNS broker does not serve this kind of socket"},
       ECONNREFUSED,
       false},
      {{"network.package-listener", "package code listens on loopback only"}, EACCES, true},
      {{"network.ancillary-data", "this ancillary data could redirect what is sent"}, EPERM, true},
      {{"network.foreign-link", "the socket's path leads through another process"}, EACCES, true},
  }};
  return kTable[static_cast<size_t>(refusal)];
}

bool KillProcess(Process& process) {
  // The task is stopped in the notified call and is a tracee: its id cannot have been reused.
  return process.tgid > 0 && kill(process.tgid, SIGKILL) == 0;
}

}  // namespace

Decision BuiltInDecision(BuiltInRefusal refusal, Role role) {
  const BuiltIn& entry = BuiltInFor(refusal);
  Decision decision;
  decision.verdict = Verdict::kDeny;
  decision.error = entry.error;
  decision.rule = &entry.rule;
  decision.is_violation = entry.is_violation;
  decision.never_allowed = true;
  if (role == Role::kPackage && refusal == BuiltInRefusal::kNoDnsQuery) {
    decision.error = EACCES;
    decision.is_violation = true;
  }
  return decision;
}

std::string_view TransportName(const RemoteSocket& socket) {
  if (socket.domain == AF_UNIX) return "unix";
  if (socket.domain == AF_NETLINK) return "netlink";
  if (socket.IsTcp()) return "tcp";
  if (socket.IsUdp()) return "udp";
  if (socket.IsEcho()) return socket.protocol == IPPROTO_ICMPV6 ? "ipv6-icmp" : "icmp";
  return "other";
}

std::string AllowHostFlag(const Subject& subject, std::string_view host, uint16_t port) {
  if (host.empty()) return "";
  bool is_v6 = host.find(':') != std::string_view::npos;
  std::string where = is_v6 ? absl::StrCat("[", std::string(host), "]") : std::string(host);
  if (port != 0) absl::StrAppend(&where, ":", port);
  if (subject.role != Role::kPackage) return absl::StrCat("--allow-host ", where);
  if (subject.package.empty()) return "";
  return absl::StrCat("--grant ", subject.package, subject.version.empty() ? "" : "@",
                      subject.version, "=", where);
}

NetworkSubjectMatter DescribeInet(std::string_view syscall, const RemoteSocket& socket,
                                  const InetAddress& address, std::vector<std::string> names,
                                  const Subject& subject) {
  NetworkSubjectMatter matter;
  matter.syscall = syscall;
  matter.transport = TransportName(socket);
  matter.action = absl::StrCat("network-", std::string(syscall));
  std::string ip = address.ip.ToString();
  matter.target = address.ip.is_v6 ? absl::StrCat("[", ip, "]:", address.port)
                                   : absl::StrCat(ip, ":", address.port);
  if (!names.empty()) absl::StrAppend(&matter.target, " (", names.front(), ")");
  matter.how_to_allow = AllowHostFlag(subject, names.empty() ? ip : names.front(), address.port);
  matter.inet = address;
  matter.names = std::move(names);
  return matter;
}

NetworkSubjectMatter DescribeUnix(std::string_view syscall, std::string path) {
  NetworkSubjectMatter matter;
  matter.syscall = syscall;
  matter.transport = "unix";
  matter.action = absl::StrCat("network-", std::string(syscall));
  matter.target = path;
  matter.path = std::move(path);
  return matter;
}

std::string DescribeAttempt(const NetworkSubjectMatter& matter) {
  std::string verb(matter.syscall);
  if (verb.starts_with("send")) verb = "send";  // sendto, sendmsg, sendmmsg
  return absl::StrCat(verb, verb == "listen" ? " on " : " to ", matter.target);
}

TraceEvent NetworkEvent(const NetworkSubjectMatter& matter, std::string_view outcome) {
  TraceEvent event;
  event.action = matter.action;
  event.category = "network";
  event.outcome = std::string(outcome);
  if (matter.inet.has_value()) {
    event.Set("destination.ip", matter.inet->ip.ToString());
    event.Set("destination.port", static_cast<int64_t>(matter.inet->port));
  }
  if (!matter.names.empty()) event.Set("destination.domain", matter.names);
  if (!matter.path.empty()) event.Set("file.path", matter.path);
  if (!matter.transport.empty()) event.Set("network.transport", std::string(matter.transport));
  event.Set("safe_trace.syscall", std::string(matter.syscall));
  if (!matter.own_rule.empty()) event.Set("rule.id", matter.own_rule);
  return event;
}

bool ReportedDestinations::Add(const Process& process, const NetworkSubjectMatter& matter) {
  if (seen_.size() >= kMaximum) seen_.clear();
  return seen_.emplace(process.entity_id, matter.target).second;
}

SyscallAction Refuse(Reporter& reporter, Process& process, const Decision& decision,
                     const NetworkSubjectMatter& matter) {
  TraceEvent event = NetworkEvent(matter, "failure");
  // The mechanism refuses what the policy let through: only one of the rules can stand there.
  std::erase_if(event.fields, [](const auto& field) { return field.first == "rule.id"; });
  event.is_violation = decision.is_violation;
  reporter.ReportDecision(process, decision, std::move(event), DescribeAttempt(matter),
                          matter.how_to_allow);
  if (decision.verdict == Verdict::kKill && KillProcess(process)) return NoAnswer{};
  return Fail{decision.error > 0 ? decision.error : EACCES};
}

const Subject& SubjectOf(const Process& process) {
  static const Subject kNobody = [] {
    Subject subject;
    subject.role = Role::kPackage;
    return subject;
  }();
  return process.domain == nullptr ? kNobody : process.domain->subject;
}

}  // namespace safe_trace
