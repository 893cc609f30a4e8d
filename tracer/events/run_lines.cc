#include "tracer/events/run_lines.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tracer/events/json_line.h"

namespace safe_trace {
namespace {

int64_t Count(uint64_t value) {
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(value < kMax ? value : kMax);
}

int64_t Nanoseconds(double seconds) {
  constexpr double kLongest = 9e9;  // seconds whose nanoseconds still fit 64 bits
  if (!(seconds > 0)) return 0;
  return std::llround((seconds < kLongest ? seconds : kLongest) * 1e9);
}

// "pip:evil@1.0 processes=3 violations=1"; the parts that are not known are left out.
std::string PackageText(const PackageSummary& package) {
  std::string text = package.ecosystem;
  if (!text.empty()) text.push_back(':');
  text.append(package.name);
  if (!package.version.empty()) absl::StrAppend(&text, "@", package.version);
  absl::StrAppend(&text, " processes=", package.processes, " violations=", package.violations);
  return text;
}

std::string HostText(const HostSummary& host) {
  const bool is_ipv6 = host.name.find(':') != std::string::npos;
  return absl::StrCat(is_ipv6 ? "[" : "", host.name, is_ipv6 ? "]:" : ":", host.port,
                      " connections=", host.connections);
}

template <typename Item>
std::vector<std::string> Texts(const std::vector<Item>& items, std::string (*text)(const Item&)) {
  std::vector<std::string> texts;
  texts.reserve(items.size());
  for (const Item& item : items) texts.push_back(text(item));
  return texts;
}

TraceEvent RunEvent(std::string action, std::string outcome) {
  TraceEvent event;
  event.action = std::move(action);
  event.category = "configuration";
  event.outcome = std::move(outcome);
  return event;
}

}  // namespace

TraceEvent RunStartEvent(const TraceHeader& header) {
  TraceEvent event = RunEvent("run-start", "success");
  event.Set("safe_trace.schema_version", kTraceSchemaVersion)
      .Set("process.args", header.command)
      .Set("process.working_directory", header.working_directory)
      .Set("safe_trace.kernel_features", header.kernel_features)
      .Set("safe_trace.enforcement", header.enforcement)
      .Set("safe_trace.policy_digest", header.policy_digest);
  event.fields.insert(event.fields.end(), header.extra.begin(), header.extra.end());
  return event;
}

TraceEvent RunEndEvent(const RunSummary& summary) {
  TraceEvent event = RunEvent("run-end", summary.exit_status == 0 ? "success" : "failure");
  event.Set("safe_trace.exit_status", int64_t{summary.exit_status})
      .Set("process.exit_code", int64_t{summary.command_status})
      .Set("event.duration", Nanoseconds(summary.seconds))
      .Set("safe_trace.summary.processes", Count(summary.processes))
      .Set("safe_trace.summary.violations", Count(summary.violations))
      .Set("safe_trace.summary.denials", Count(summary.denials))
      .Set("safe_trace.summary.notifications", Count(summary.notifications))
      .Set("safe_trace.summary.dropped_events", Count(summary.dropped_events))
      .Set("safe_trace.summary.packages", Texts(summary.packages, PackageText))
      .Set("safe_trace.summary.hosts", Texts(summary.hosts, HostText))
      .Set("safe_trace.summary.survivors", summary.survivors)
      .Set("safe_trace.removed", summary.removed_variables);
  const std::pair<const char*, uint64_t> files[] = {{"created", summary.files_created},
                                                    {"changed", summary.files_changed},
                                                    {"deleted", summary.files_deleted},
                                                    {"forgotten", summary.files_forgotten}};
  for (const auto& [what, count] : files) {
    if (count > 0) event.Set(std::string("safe_trace.summary.files_") + what, Count(count));
  }
  if (!summary.sinks.empty()) event.Set("safe_trace.summary.sinks", summary.sinks);
  return event;
}

TraceEvent EventsDroppedEvent(uint64_t count) {
  TraceEvent event = RunEvent("events-dropped", "failure");
  event.Set("safe_trace.dropped", Count(count));
  return event;
}

}  // namespace safe_trace
