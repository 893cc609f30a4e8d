#include "tools/trace/run_view.h"

#include <algorithm>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxLines = 2'000;
constexpr size_t kMaxLineColumns = 4'096;
constexpr size_t kMaxVariables = 1'000;

void AddEvent(const TraceRecord& record, RunView& view) {
  ++view.events;
  const std::string_view action = record.Text("event.action");
  const uint64_t repeated =
      static_cast<uint64_t>(std::max<int64_t>(record.Number("safe_trace.repeated", 0), 0));
  if (action == "run-start" && !view.header.has_value()) view.header = record;
  if (action == "run-end") view.summary = record;
  // A repetition is said once more at the end of the run, for its number.
  if (repeated == 0) view.processes.Add(record);
  if (IsRefused(record)) ++view.refused;
  if (IsViolation(record)) {
    view.violations.Add(ClockText(record), SubjectText(record) + ": " + DoingText(record),
                        VerdictText(record), repeated, record.Number("safe_trace.stack.id", 0));
  }
  view.stacks.Add(record);
  if (action == "file-changed" || action == "files-changed" || action == "startup-file") {
    view.changes.Add(ClockText(record), SubjectText(record) + ": " + DoingText(record), "", 0);
  }
  if (record.Text("event.category") == "network") {
    view.network.Add(ClockText(record), SubjectText(record) + ": " + DoingText(record),
                     VerdictText(record), repeated);
  }
  for (const std::string& name : record.List("safe_trace.removed")) {
    if (view.removed_variables.size() >= kMaxVariables) break;
    view.removed_variables.insert(Clip(SafeText(name), kMaxLineColumns));
  }
}

}  // namespace

void LineCounter::Add(std::string clock, std::string text, std::string note, uint64_t total,
                      int64_t stack) {
  text = Clip(text, kMaxLineColumns);
  note = Clip(note, kMaxLineColumns);
  const std::string key = text + "\n" + note;
  const auto found = index_.find(key);
  if (found != index_.end()) {
    uint64_t& count = lines_[found->second].count;
    count = total > 0 ? std::max(count, total) : count + 1;
  } else if (lines_.size() < kMaxLines) {
    index_.emplace(key, lines_.size());
    lines_.push_back(
        {std::move(clock), std::move(text), std::move(note), std::max(total, uint64_t{1}), stack});
  } else {
    ++not_kept_;
  }
}

uint64_t LineCounter::total() const {
  uint64_t total = not_kept_;
  for (const Line& line : lines_) total += line.count;
  return total;
}

absl::StatusOr<RunView> LoadRun(TraceLogReader& reader,
                                const std::function<void(const TraceRecord& record)>& also) {
  RunView view;
  view.is_being_written = reader.IsBeingWritten();
  TraceVerifier verifier;
  TraceLine line;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
    verifier.Feed(line, record.ok() ? &*record : nullptr);
    if (record.ok() && line.is_complete) {
      AddEvent(*record, view);
      if (also) also(*record);
    } else if (line.is_complete) {
      ++view.unreadable_lines;
    }
  }
  view.check = verifier.Finish();
  return view;
}

absl::StatusOr<TraceCheck> ForEachRecord(
    TraceLogReader& reader,
    const std::function<void(std::string_view line, const TraceRecord& record)>& use) {
  TraceVerifier verifier;
  TraceLine line;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(line);
    if (!more.ok()) return more.status();
    if (!*more) return verifier.Finish();
    const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
    verifier.Feed(line, record.ok() ? &*record : nullptr);
    if (record.ok() && line.is_complete) use(line.text, *record);
  }
}

}  // namespace safe_trace
