#include "tracer/network/relay_gate.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tracer/network/process_snapshot.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumHosts = 4096;

const Rule& TooMuchRule() {
  static const Rule kRule{"network.outward-limit",
                          "more was sent to this host than an install needs"};
  return kRule;
}

const Rule& UnreadableRule() {
  static const Rule kRule{"network.unreadable", "nobody can tell which host it is for"};
  return kRule;
}

Decision Refusal(const Rule& rule) {
  Decision decision;
  decision.verdict = Verdict::kDeny;
  decision.error = ECONNRESET;
  decision.rule = &rule;
  decision.is_violation = true;
  return decision;
}

std::string HostOf(const NetworkSubjectMatter& matter) {
  if (!matter.names.empty()) return matter.names.front();
  return matter.inet.has_value() ? matter.inet->ip.ToString() : std::string();
}

std::string_view KindName(StreamClaim::Kind kind) {
  switch (kind) {
    case StreamClaim::Kind::kTlsName:
      return "tls-server-name";
    case StreamClaim::Kind::kTlsWithoutName:
      return "tls-without-name";
    case StreamClaim::Kind::kHttpHost:
      return "http-host";
    case StreamClaim::Kind::kProxyTarget:
      return "proxy-target";
    case StreamClaim::Kind::kUnknownProtocol:
      return "unknown-protocol";
  }
  return "";
}

std::string Attempt(const StreamClaim& claim, const std::string& target) {
  switch (claim.kind) {
    case StreamClaim::Kind::kTlsName:
      return absl::StrCat("speak to ", claim.name, " at ", target);
    case StreamClaim::Kind::kTlsWithoutName:
      return absl::StrCat("speak TLS without a server name to ", target);
    case StreamClaim::Kind::kHttpHost:
      return absl::StrCat("request from ", claim.name.empty() ? "no host" : claim.name, " at ",
                          target);
    case StreamClaim::Kind::kProxyTarget:
      return absl::StrCat("reach ", claim.name, ":", claim.port, " through ", target);
    case StreamClaim::Kind::kUnknownProtocol:
      return absl::StrCat("speak an unknown protocol to ", target);
  }
  return "";
}

void SetFlow(TraceEvent& event, uint64_t sent, uint64_t received) {
  event.Set("source.bytes", static_cast<int64_t>(sent));
  event.Set("destination.bytes", static_cast<int64_t>(received));
}

}  // namespace

RelayGate::RelayGate(const NetworkRules& rules, Options options)
    : rules_(rules), options_(options), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

uint64_t RelayGate::Register(const Process& process, RelayedConnection connection) {
  std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t id = next_++;
  by_inode_[connection.inode] = id;
  Entry& entry = entries_[id];
  entry.process = SnapshotOf(process);
  entry.connection = std::move(connection);
  return id;
}

void RelayGate::Forget(uint64_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  auto inode = by_inode_.find(entry->second.connection.inode);
  if (inode != by_inode_.end() && inode->second == id) by_inode_.erase(inode);
  entries_.erase(entry);
}

void RelayGate::SetLocalName(uint64_t id, const SocketName& name) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (auto entry = entries_.find(id); entry != entries_.end()) entry->second.local = name;
}

bool RelayGate::HasConnections() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return !entries_.empty();
}

std::optional<SocketName> RelayGate::PeerOf(ino_t inode) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto id = by_inode_.find(inode);
  if (id == by_inode_.end()) return std::nullopt;
  return entries_.at(id->second).connection.peer;
}

std::optional<SocketName> RelayGate::LocalOf(ino_t inode) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto id = by_inode_.find(inode);
  if (id == by_inode_.end() || entries_.at(id->second).local.length == 0) return std::nullopt;
  return entries_.at(id->second).local;
}

RelayGate::Report RelayGate::RefusalOf(const Entry& entry, const Decision& decision,
                                       std::string doing, std::string how_to_allow) {
  Report report;
  report.process = entry.process;
  report.event = NetworkEvent(entry.connection.matter, "failure");
  report.event.action = "network-claim";
  report.event.is_violation = decision.is_violation;
  report.decision = decision;
  report.doing = std::move(doing);
  report.how_to_allow = std::move(how_to_allow);
  return report;
}

RelayGate::Judgement RelayGate::Judge(uint64_t id, const StreamClaim& claim) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end()) return Judgement::kRefuse;
  Entry& entry = found->second;
  const NetworkSubjectMatter& matter = entry.connection.matter;
  if (!matter.inet.has_value()) return Judgement::kRefuse;
  const Subject& subject = SubjectOf(*entry.process);
  const Decision decision = rules_.EvaluateStream(
      subject, StreamRequest{matter.inet->ip, matter.inet->port, matter.names, claim});
  if (decision.allowed()) {
    if (!claim.name.empty()) entry.claimed = claim.name;
    return Judgement::kAllow;
  }
  IpAddress literal;
  // Only a proxy's target is a wish of its own; anything else contradicts what was allowed.
  if (asker_ != nullptr && claim.kind == StreamClaim::Kind::kProxyTarget &&
      asker_->IsAsking(entry.process, decision,
                       {Attempt(claim, matter.target), claim.name, claim.port,
                        ParseIpAddress(claim.name, literal)})) {
    return Judgement::kLater;
  }
  const uint16_t port = claim.port != 0 ? claim.port : matter.inet->port;
  Report report = RefusalOf(entry, decision, Attempt(claim, matter.target),
                            decision.never_allowed ? "" : AllowHostFlag(subject, claim.name, port));
  report.event.Set("safe_trace.claim", std::string(KindName(claim.kind)));
  if (!claim.name.empty()) {
    report.event.Set(
        claim.kind == StreamClaim::Kind::kTlsName ? "tls.client.server_name" : "url.domain",
        claim.name);
  }
  if (claim.port != 0) report.event.Set("url.port", static_cast<int64_t>(claim.port));
  Queue(std::move(report));
  return Judgement::kRefuse;
}

void RelayGate::Unreadable(uint64_t id, std::string_view why) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Report report = RefusalOf(
      found->second, Refusal(UnreadableRule()),
      absl::StrCat("speak to ", found->second.connection.matter.target, ": ", std::string(why)),
      "[network] direct_hosts in the configuration");
  report.event.Set("safe_trace.reason", std::string(why));
  Queue(std::move(report));
}

bool RelayGate::MaySend(uint64_t id, uint64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  entry.sent += bytes;
  if (SubjectOf(*entry.process).role != Role::kManager || options_.outward_limit == 0) return true;
  const std::string host = HostOf(entry.connection.matter);
  if (sent_to_.size() >= kMaximumHosts && !sent_to_.contains(host)) return false;
  uint64_t& total = sent_to_[host];
  total += bytes;
  if (total <= options_.outward_limit) return true;
  Report report = RefusalOf(entry, Refusal(TooMuchRule()),
                            absl::StrCat("send more than ", options_.outward_limit, " bytes to ",
                                         entry.connection.matter.target),
                            "[network] outward_limit in the configuration");
  Queue(std::move(report));
  return false;
}

void RelayGate::Unreachable(uint64_t id, int error) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Report report;
  report.process = found->second.process;
  report.event = NetworkEvent(found->second.connection.matter, "failure");
  report.event.Set("safe_trace.reason", std::string(strerror(error)));
  Queue(std::move(report));
}

void RelayGate::Ended(uint64_t id, const RelayedFlow& flow) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = entries_.find(id);
    if (found == entries_.end()) return;
    const Entry& entry = found->second;
    if (flow.sent + flow.received > 0) {
      Report report;
      report.process = entry.process;
      report.event = NetworkEvent(entry.connection.matter, flow.completed ? "success" : "unknown");
      report.event.action = "network-flow";
      SetFlow(report.event, flow.sent, flow.received);
      if (!entry.claimed.empty()) report.event.Set("url.domain", entry.claimed);
      report.event.Set("event.duration",
                       static_cast<int64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                std::chrono::steady_clock::now() - entry.begun)
                                                .count()));
      if (SubjectOf(*entry.process).role == Role::kManager && flow.sent > kRemarkableBytes &&
          flow.sent > flow.received) {
        report.event.Set("safe_trace.reason", std::string("sends more than an install needs"));
      }
      Queue(std::move(report));
    }
  }
  Forget(id);
}

void RelayGate::Queue(Report report) {
  if (reports_.size() >= kMaximumReports) {
    ++dropped_;
    return;
  }
  reports_.push_back(std::move(report));
  const uint64_t one = 1;
  // Fails only where the counter is full, and then the reader is awake anyway.
  [[maybe_unused]] ssize_t written = write(event_.get(), &one, sizeof(one));
}

void RelayGate::Flush(Reporter& reporter) {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t size = read(event_.get(), &count, sizeof(count));
  std::deque<Report> reports;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    reports.swap(reports_);
  }
  for (Report& report : reports) {
    if (report.decision.has_value()) {
      reporter.ReportDecision(*report.process, *report.decision, std::move(report.event),
                              report.doing, report.how_to_allow);
    } else {
      reporter.ReportEvent(*report.process, std::move(report.event));
    }
  }
}

uint64_t RelayGate::dropped() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return dropped_;
}

}  // namespace safe_trace
