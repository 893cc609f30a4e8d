#include "launcher/run_tally.h"

#include "launcher/concat.h"

namespace safe_trace {
namespace {

// A run beyond them is counted up to there.
constexpr size_t kMostPackages = 20'000;
constexpr size_t kMostProcesses = 100'000;

std::string TextOf(const TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    const auto* text = name == key ? std::get_if<std::string>(&value) : nullptr;
    if (text != nullptr) return *text;
  }
  return "";
}

}  // namespace

void RunTally::Record(TraceEvent event) {
  {
    const std::lock_guard lock(mutex_);
    Count(event);
  }
  next_.Record(std::move(event));
}

void RunTally::Count(const TraceEvent& event) {
  violations_ += event.is_violation ? 1 : 0;
  const bool is_exec = event.action == "process-exec" && event.outcome == "success";
  if (!is_exec && event.action != "process-exit") return;
  const std::string process = TextOf(event, "process.entity_id");
  const auto known = package_of_.find(process);
  if (!is_exec) {
    if (known == package_of_.end()) return;
    --processes_[known->second];
    package_of_.erase(known);
    return;
  }
  const std::string name = TextOf(event, "package.name");
  if (known != package_of_.end() || name.empty() || processes_.size() >= kMostPackages ||
      package_of_.size() >= kMostProcesses) {
    return;
  }
  std::string package = Concat(TextOf(event, "safe_trace.ecosystem"), ":", name, "@",
                               TextOf(event, "package.version"));
  ++processes_[package];
  package_of_.emplace(process, std::move(package));
}

RunTally::Counts RunTally::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts;
  counts.violations = violations_;
  for (const auto& [package, processes] : processes_) {
    ++(processes == 0 ? counts.done : counts.running);
  }
  return counts;
}

}  // namespace safe_trace
