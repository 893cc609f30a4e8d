#include "tools/trace/html_report.h"

#include <algorithm>
#include <optional>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/html_page.h"
#include "tools/trace/html_place.h"
#include "tracer/events/json_line.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxTreeChildren = 200;
constexpr size_t kMaxTreeRows = 3'000;
constexpr size_t kMaxHeaderItems = 200;
constexpr size_t kMaxHeaderColumns = 2'000;
constexpr int64_t kNsPerMs = 1'000'000;

bool IsChange(const TraceRecord& record) {
  const std::string_view type = record.Text("event.type");
  const std::string_view action = record.Text("event.action");
  return action == "startup-file" || action == "files-changed" ||
         (record.Text("event.category") == "file" &&
          (type == "change" || type == "creation" || type == "deletion"));
}

// "host:port" as the process meant it; the address where no name is known.
std::string HostOf(const TraceRecord& record) {
  if (const auto question = record.Text("dns.question.name"); !question.empty()) {
    return SafeText(question);
  }
  if (const auto path = record.Text("file.path"); !path.empty()) return "unix " + SafeText(path);
  const std::vector<std::string>& domains = record.List("destination.domain");
  std::string host = SafeText(domains.empty() ? record.Text("url.domain") : domains.front());
  if (host.empty()) host = SafeText(record.Text("destination.ip"));
  if (host.empty()) return "(no address)";
  const int64_t port = record.Number("destination.port", -1);
  return port < 0 ? host : host + ":" + std::to_string(port);
}

std::vector<std::string> Bounded(const std::vector<std::string>& items) {
  std::vector<std::string> texts;
  for (const std::string& item : items) {
    if (texts.size() >= kMaxHeaderItems) {
      texts.push_back("… " + std::to_string(items.size() - texts.size()) + " more");
      break;
    }
    texts.push_back(Clip(SafeText(item), kMaxHeaderColumns));
  }
  return texts;
}

std::string BoundedText(std::string_view text) { return Clip(SafeText(text), kMaxHeaderColumns); }

std::string_view StateName(TraceState state) {
  switch (state) {
    case TraceState::kComplete:
      return "complete";
    case TraceState::kUnfinished:
      return "unfinished";
    case TraceState::kChanged:
      return "changed";
    case TraceState::kMissing:
      return "missing";
    case TraceState::kNotATrace:
      break;
  }
  return "not a trace";
}

void WriteOptional(const TraceRecord& record, std::string_view key, PageJson& json) {
  if (record.Find(key) == nullptr) {
    json.Null();
  } else {
    json.Number(record.Number(key, 0));
  }
}

void WriteRun(const RunView& view, PageJson& json) {
  const TraceRecord header = view.header.value_or(TraceRecord());
  const TraceRecord summary = view.summary.value_or(TraceRecord());
  json.BeginObject().Key("id").Text(BoundedText(view.check.run_id));
  json.Key("when").Text(DateText(header));
  json.Key("command").Text(Clip(SafeCommand(header.List("process.args")), kMaxHeaderColumns));
  json.Key("directory").Text(BoundedText(header.Text("process.working_directory")));
  json.Key("policy").Text(BoundedText(header.Text("safe_trace.policy_digest")));
  json.Key("kernel").Texts(Bounded(header.List("safe_trace.kernel_features")));
  json.Key("enforced").Texts(Bounded(header.List("safe_trace.enforcement")));
  json.Key("trace").Text(BoundedText(DescribeCheck(view.check, view.is_being_written)));
  json.Key("state").Text(StateName(view.check.state)).Key("head").Text(view.check.head_hash);
  json.Key("running").Flag(view.is_being_written);
  json.Key("status");
  WriteOptional(summary, "safe_trace.exit_status", json);
  json.Key("command_status");
  WriteOptional(summary, "process.exit_code", json);
  json.Key("milliseconds");
  if (view.summary.has_value()) {
    json.Number(summary.Number("event.duration", 0) / kNsPerMs);
  } else {
    json.Null();
  }
  json.Key("packages").Texts(Bounded(summary.List("safe_trace.summary.packages")));
  json.Key("hosts").Texts(Bounded(summary.List("safe_trace.summary.hosts")));
  json.Key("survivors").Texts(Bounded(summary.List("safe_trace.summary.survivors")));
  json.Key("removed").Texts(
      Bounded({view.removed_variables.begin(), view.removed_variables.end()}));
  json.EndObject();
}

void WriteCounts(const RunView& view, uint64_t violations, PageJson& json) {
  const TraceRecord summary = view.summary.value_or(TraceRecord());
  json.BeginObject().Key("events").Count(view.events);
  json.Key("violations").Count(violations).Key("refused").Count(view.refused);
  json.Key("processes").Count(view.processes.size() + view.processes.not_kept());
  json.Key("dropped").Number(summary.Number("safe_trace.summary.dropped_events", 0));
  json.Key("unreadable").Count(view.unreadable_lines);
  json.EndObject();
}

// [depth, pid, subject, command, violations, exit code, signal], or [depth, siblings left out].
void WriteProcesses(const ProcessTable& processes, PageJson& json) {
  const std::vector<ProcessRow> rows = processes.Tree(kMaxTreeChildren, kMaxTreeRows);
  json.BeginObject().Key("rows").BeginArray();
  size_t shown = 0;
  for (const ProcessRow& row : rows) {
    json.BeginArray().Count(row.depth);
    if (row.node == nullptr) {
      json.Count(row.more_siblings).EndArray();
      continue;
    }
    ++shown;
    json.Number(row.node->pid).Text(row.node->subject).Text(row.node->command);
    json.Count(row.node->violations);
    for (const std::optional<int64_t>& end : {row.node->exit_code, row.node->signal}) {
      if (end.has_value()) {
        json.Number(*end);
      } else {
        json.Null();
      }
    }
    json.EndArray();
  }
  const size_t known = processes.size();
  json.EndArray().Key("left_out").Count(known - std::min(shown, known)).EndObject();
}

// {"number": [[source, location, function, package]]}
void WriteStacks(const StackTable& stacks, PageJson& json) {
  json.BeginObject();
  for (const auto& [id, frames] : stacks.stacks()) {
    json.Key(std::to_string(id)).BeginArray();
    for (const StackFrame& frame : frames) {
      json.Texts({frame.source, frame.location, frame.function, frame.package});
    }
    json.EndArray();
  }
  json.EndObject();
}

}  // namespace

void HtmlReport::Add(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  if (action == "run-start" && working_directory_.empty()) {
    working_directory_ = std::string(record.Text("process.working_directory").substr(0, 4096));
  }
  const std::string subject_text = SubjectText(record);
  const uint32_t subject = subjects_.NumberOf(subject_text.empty() ? "safe-trace" : subject_text);
  const std::string_view path = record.Text("file.path");
  const bool is_file = !path.empty() && record.Text("event.category") != "network";
  const std::string place(is_file ? PlaceOf(path, record.Text("rule.id"), working_directory_) : "");
  events_.Add(record, {subject, actions_.NumberOf(SafeText(action)),
                       is_file ? places_.NumberOf(place) : 0});
  if (IsViolation(record)) violations_.Add(record, subject);
  if (IsChange(record)) changes_.Add(record, subject);
  // A repetition is said once more at the end of the run, for its number alone.
  if (record.Find("safe_trace.repeated") == nullptr) Count(record, subject, place);
}

void HtmlReport::Count(const TraceRecord& record, uint32_t subject, const std::string& place) {
  const bool is_refused = IsRefused(record);
  const bool is_violation = IsViolation(record);
  int64_t time = 0;
  if (ParseTimestamp(record.Text("@timestamp"), time)) {
    timeline_.Add(subject, time, is_refused, is_violation);
  }
  if (record.Text("event.category") == "network") {
    hosts_.Add(subject, HostOf(record), is_refused, is_violation);
  } else if (!place.empty()) {
    touched_.Add(subject, place, is_refused, is_violation);
    paths_.Add(record.Text("file.path"), is_refused, is_violation);
  }
  if (record.Text("event.action") == "process-exec") programs_.Add(record, subject);
}

std::string HtmlReport::DataBlock(const RunView& view) const {
  PageJson json;
  json.BeginObject().Key("form").Number(1);
  json.Key("run");
  WriteRun(view, json);
  json.Key("counts");
  WriteCounts(view, violations_.total(), json);
  json.Key("subjects").Texts(subjects_.names());
  json.Key("actions").Texts(actions_.names());
  json.Key("places").Texts(places_.names());
  json.Key("violations");
  violations_.Write(json);
  json.Key("stacks");
  WriteStacks(view.stacks, json);
  json.Key("changes");
  changes_.Write(json);
  json.Key("processes");
  WriteProcesses(view.processes, json);
  json.Key("timeline");
  timeline_.Write(json);
  json.Key("hosts");
  hosts_.Write(json);
  json.Key("touched");
  touched_.Write(json);
  json.Key("paths");
  paths_.Write(json);
  json.Key("programs");
  programs_.Write(json);
  json.Key("events");
  events_.Write(json);
  return json.EndObject().Take();
}

std::string HtmlReport::Page(const RunView& view) const { return AssemblePage(DataBlock(view)); }

}  // namespace safe_trace
