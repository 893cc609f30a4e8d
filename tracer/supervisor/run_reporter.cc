#include "tracer/supervisor/run_reporter.h"

#include <algorithm>
#include <utility>

#include "tracer/events/trace_log_writer.h"
#include "tracer/stacks/node_frames.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumHosts = 4096;
constexpr size_t kMaximumPackages = 65536;

std::string StringField(const TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name != key) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      return list->empty() ? std::string() : list->front();
    }
  }
  return {};
}

int64_t IntField(const TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name != key) continue;
    if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  }
  return 0;
}

void DescribeActing(const ActingCode& code, TraceEvent& event) {
  event.Set("safe_trace.importing", code.importing);
  if (!code.package.empty()) event.Set("package.name", code.package);
  if (!code.version.empty()) event.Set("package.version", code.version);
  if (!code.file.empty()) {
    event.Set("safe_trace.code", code.file + ":" + std::to_string(code.line));
  }
}

}  // namespace

void RunReporter::DescribeProcess(const Process& process, TraceEvent& event) {
  event.Set("process.entity_id", process.entity_id);
  event.Set("process.pid", int64_t{process.tgid});
  if (!process.parent_entity_id.empty()) {
    event.Set("process.parent.entity_id", process.parent_entity_id);
  }
  if (!process.executable.empty()) event.Set("process.executable", process.executable);
  DescribeSubject(process.domain->subject, event);
}

void RunReporter::DescribeSubject(const Subject& subject, TraceEvent& event) {
  event.Set("safe_trace.role", std::string(RoleName(subject.role)));
  if (!subject.ecosystem.empty()) event.Set("safe_trace.ecosystem", subject.ecosystem);
  if (!subject.package.empty()) event.Set("package.name", subject.package);
  if (!subject.version.empty()) event.Set("package.version", subject.version);
}

PackageSummary& RunReporter::PackageOf(const Subject& subject) {
  auto key = std::make_tuple(subject.ecosystem, subject.package, subject.version);
  if (packages_.size() >= kMaximumPackages) key = {};
  PackageSummary& summary = packages_[key];
  std::tie(summary.ecosystem, summary.name, summary.version) = key;
  return summary;
}

void RunReporter::CountProcess(const Subject& subject) {
  ++processes_;
  if (subject.role == Role::kPackage) ++PackageOf(subject).processes;
}

void RunReporter::CountNewSubject(const Subject& subject) {
  if (subject.role == Role::kPackage) ++PackageOf(subject).processes;
}

// Nothing for what is no guarded program.
std::optional<ActingCode> RunReporter::ActingFor(const Process& process, const TraceEvent& event) {
  if (!who_acts_ || process.domain->subject.role != Role::kProgram) return std::nullopt;
  const std::string name = StringField(event, "dns.question.name");
  const std::pair key(process.entity_id, name);
  if (caller_ != 0) {
    std::optional<ActingCode> acting = who_acts_(process, caller_);
    // What libc asks a server for later is not asked in a call that tells who wanted to know.
    if (event.action == "name-lookup" && acting.has_value()) {
      if (lookups_.size() >= kMaximumLookups) lookups_.clear();
      lookups_[key] = *acting;
    }
    return acting;
  }
  auto lookup = lookups_.find(key);
  if (name.empty() || lookup == lookups_.end()) return std::nullopt;
  return lookup->second;
}

RunReporter::Admission RunReporter::Admit(const Process& process, const Decision& decision,
                                          const TraceEvent& event, std::string_view doing) {
  std::string key = process.entity_id + '\n' + decision.rule->id + '\n' + event.action + '\n' +
                    std::string(doing);
  auto it = repeated_.find(key);
  if (it == repeated_.end()) {
    // Beyond the table's bound ordinary refusals are counted only; violations are written.
    if (repeated_.size() >= kMaximumKeys) {
      ++unkeyed_;
      return decision.is_violation ? Admission::kAgain : Admission::kCountedOnly;
    }
    repeated_[key] = {1, event};
    return Admission::kFirst;
  }
  return ++it->second.count <= kRepeats ? Admission::kAgain : Admission::kCountedOnly;
}

void RunReporter::WantStack(const Process& process, TraceEvent& violation) {
  if (caller_ == 0 || stack_event_.has_value() || stacks_ >= kMaximumStacks) return;
  violation.Set("safe_trace.stack.id", ++stacks_);
  Untold& untold = untold_[process.entity_id];
  untold = {stacks_, {}};
  for (const char* key : {"file.path", "destination.ip", "destination.domain"}) {
    if (std::string text = StringField(violation, key); !text.empty()) {
      untold.about.push_back(std::move(text));
    }
  }
  stack_event_.emplace();
  stack_event_->action = "stack";
  stack_event_->category = "process";
  stack_event_->outcome = "success";
  stack_event_->wall_clock_ns = violation.wall_clock_ns;
  DescribeProcess(process, *stack_event_);
  stack_event_->Set("safe_trace.stack.id", stacks_);
}

void RunReporter::NoteFrames(const Process& process, std::string_view text) {
  auto untold = untold_.find(process.entity_id);
  if (untold == untold_.end()) return;
  NodeFrames told = ParseNodeFrames(text);
  const std::vector<std::string>& about = untold->second.about;
  if (std::find(about.begin(), about.end(), told.about) == about.end()) return;
  TraceEvent event;
  event.action = "stack";
  event.category = "process";
  event.Set("safe_trace.stack.id", untold->second.stack);
  told.frames.SetOn(event);
  untold_.erase(untold);
  ReportEvent(process, std::move(event));
}

std::optional<TraceEvent> RunReporter::TakeStackEvent() {
  caller_ = 0;
  return std::exchange(stack_event_, std::nullopt);
}

void RunReporter::ReportDecision(const Process& process, const Decision& decision, TraceEvent event,
                                 std::string_view doing, std::string_view how_to_allow) {
  const Subject& subject = process.domain->subject;
  if (decision.allowed()) {
    ReportEvent(process, std::move(event));
    return;
  }
  if (decision.is_violation) {
    ++violations_;
    if (subject.role == Role::kPackage) ++PackageOf(subject).violations;
  } else {
    ++denials_;
  }
  const std::optional<ActingCode> acting = ActingFor(process, event);
  if (decision.is_violation && acting.has_value() && acting->importing) {
    Subject package;
    package.ecosystem = "python";
    package.package = acting->package;
    package.version = acting->version;
    ++PackageOf(package).violations;
  }
  event.wall_clock_ns = WallClockNs();
  event.outcome = "failure";
  event.is_violation = decision.is_violation;
  DescribeProcess(process, event);
  if (acting.has_value()) DescribeActing(*acting, event);
  event.Set("rule.id", decision.rule->id);
  event.Set("safe_trace.decision", std::string(VerdictName(decision.verdict)));
  event.Set("safe_trace.reason", decision.rule->reason);
  const Admission admission = Admit(process, decision, event, doing);
  if (admission == Admission::kCountedOnly) return;
  if (admission == Admission::kFirst && decision.is_violation) WantStack(process, event);
  sink_.Record(std::move(event));
  if (decision.is_violation) {
    show_({acting.has_value() ? acting->Describe() : subject.Describe(), std::string(doing),
           decision.verdict, decision.rule->id, std::string(how_to_allow), decision.never_allowed});
  }
}

void RunReporter::CountHost(const TraceEvent& event) {
  if (event.action != "network-connect" || event.outcome == "failure") return;
  std::string name = StringField(event, "destination.domain");
  if (name.empty()) name = StringField(event, "destination.ip");
  auto port = static_cast<uint16_t>(IntField(event, "destination.port"));
  constexpr uint16_t kDns = 53;  // goes to the broker, not to that host
  if (name.empty() || port == kDns || hosts_.size() >= kMaximumHosts) return;
  ++hosts_[{name, port}];
}

void RunReporter::ReportEvent(const Process& process, TraceEvent event) {
  CountHost(event);
  event.wall_clock_ns = WallClockNs();
  if (event.outcome.empty()) event.outcome = "success";
  DescribeProcess(process, event);
  if (event.category == "network") {
    std::optional<ActingCode> acting = ActingFor(process, event);
    if (acting.has_value()) DescribeActing(*acting, event);
  }
  sink_.Record(std::move(event));
}

void RunReporter::Finish(RunSummary& summary) {
  for (auto& [key, repeated] : repeated_) {
    if (repeated.count <= kRepeats) continue;
    repeated.first.wall_clock_ns = 0;
    repeated.first.Set("safe_trace.repeated", static_cast<int64_t>(repeated.count));
    sink_.Record(std::move(repeated.first));
  }
  summary.violations = violations_;
  summary.denials = denials_;
  summary.processes = processes_;
  for (const auto& [key, package] : packages_) summary.packages.push_back(package);
  for (const auto& [host, count] : hosts_) {
    summary.hosts.push_back({host.first, host.second, count});
  }
}

}  // namespace safe_trace
