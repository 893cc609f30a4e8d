#include "tracer/network/dns_gate.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>

#include "tracer/network/network_report.h"
#include "tracer/network/process_snapshot.h"

namespace safe_trace {
namespace {

// The loop is never so long at one thing.
constexpr std::chrono::milliseconds kPatience(500);

std::string_view TypeName(uint16_t type) {
  switch (type) {
    case 1:
      return "A";
    case 2:
      return "NS";
    case 5:
      return "CNAME";
    case 12:
      return "PTR";
    case 15:
      return "MX";
    case 16:
      return "TXT";
    case 28:
      return "AAAA";
    case 33:
      return "SRV";
    case 64:
      return "SVCB";
    case 65:
      return "HTTPS";
    default:
      return "";
  }
}

}  // namespace

DnsGate::DnsGate(const NetworkRules& rules)
    : rules_(rules), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

DnsGate::DnsGate(std::unique_ptr<const NetworkRules> owned) : DnsGate(*owned) {
  owned_rules_ = std::move(owned);
}

uint64_t DnsGate::ClientFor(const Process& process) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto key = std::make_pair(process.entity_id, process.exec_generation);
  auto known = by_process_.find(key);
  // The domain of a process may be exchanged without an exec being counted.
  if (known != by_process_.end() && clients_.at(known->second)->domain == process.domain) {
    return known->second;
  }
  uint64_t client = next_client_++;
  clients_.emplace(client, SnapshotOf(process));
  by_process_[key] = client;
  if (clients_.size() > kMaximumClients) {
    auto oldest = clients_.begin();
    auto entry = by_process_.find({oldest->second->entity_id, oldest->second->exec_generation});
    if (entry != by_process_.end() && entry->second == oldest->first) by_process_.erase(entry);
    clients_.erase(oldest);
  }
  return client;
}

std::shared_ptr<const Process> DnsGate::ProcessOf(uint64_t client) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto entry = clients_.find(client);
  return entry == clients_.end() ? nullptr : entry->second;
}

bool DnsGate::MayBeDecidedLater(const DnsQuestion& question) {
  const std::shared_ptr<const Process> process = ProcessOf(question.client);
  if (process == nullptr || asker_ == nullptr) return false;
  const Decision decision = rules_.EvaluateName(SubjectOf(*process), NameRequest{question.name});
  return decision.allowed() ||
         asker_->IsAsking(process, decision, {"look up " + question.name, question.name, 0});
}

bool DnsGate::Decide(const DnsQuestion& question) {
  std::shared_ptr<const Process> process = ProcessOf(question.client);
  if (process == nullptr) return false;
  Decision decision = rules_.EvaluateName(SubjectOf(*process), NameRequest{question.name});
  bool allowed = decision.allowed();
  if (!allowed && question.is_own) return false;
  if (!allowed && asker_ != nullptr &&
      asker_->IsAsking(process, decision, {"look up " + question.name, question.name, 0})) {
    return false;  // reported once it is decided
  }
  Queue(question.client, Report{std::move(process), decision, question.name, question.type});
  return allowed;
}

void DnsGate::Queue(uint64_t client, Report report) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (seen_.size() >= kMaximumSeen) seen_.clear();
  if (!seen_.emplace(client, report.name).second) return;
  // Who floods the broker waits for the loop.
  const auto has_space = [this] { return reports_.size() < kMaximumReports; };
  if (!is_stuck_ && !space_.wait_for(lock, kPatience, has_space)) is_stuck_ = true;
  if (!has_space()) {
    ++untold_count_;
    const std::pair key(client, report.decision.allowed());
    Untold& untold = untold_[key];
    if (untold.count++ == 0) untold.first = std::move(report);
    return;
  }
  reports_.push_back(std::move(report));
  uint64_t one = 1;
  // Fails only where the counter is full, and then the reader is awake anyway.
  [[maybe_unused]] ssize_t written = write(event_.get(), &one, sizeof(one));
}

void DnsGate::Flush(Reporter& reporter) {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t size = read(event_.get(), &count, sizeof(count));
  std::deque<Report> reports;
  std::map<std::pair<uint64_t, bool>, Untold> untold;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    reports.swap(reports_);
    untold.swap(untold_);
    is_stuck_ = false;
  }
  space_.notify_all();
  for (const Report& report : reports) Send(reporter, report, 1);
  for (const auto& [key, rest] : untold) Send(reporter, rest.first, rest.count);
}

void DnsGate::Send(Reporter& reporter, const Report& report, uint64_t count) {
  TraceEvent event;
  event.action = "dns-question";
  event.category = "network";
  event.outcome = report.decision.allowed() ? "success" : "failure";
  event.is_violation = report.decision.is_violation;
  event.Set("dns.question.name", report.name);
  std::string_view type = TypeName(report.type);
  event.Set("dns.question.type", type.empty() ? std::to_string(report.type) : std::string(type));
  if (count > 1) event.Set("safe_trace.repeated", static_cast<int64_t>(count));
  if (report.decision.allowed() && !report.decision.is_violation) {
    return reporter.ReportEvent(*report.process, std::move(event));
  }
  reporter.ReportDecision(*report.process, report.decision, std::move(event),
                          "look up " + report.name,
                          AllowHostFlag(SubjectOf(*report.process), report.name, 0));
}

uint64_t DnsGate::untold() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return untold_count_;
}

}  // namespace safe_trace
