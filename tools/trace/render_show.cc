#include "tools/trace/render_show.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>

#include "tools/trace/event_text.h"

namespace safe_trace {
namespace {

// Without --all.
constexpr size_t kMaxChildren = 12;
constexpr size_t kMaxRows = 60;
constexpr size_t kMaxLines = 100;

class Writer {
 public:
  Writer(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  void Title(const std::string& text) {
    out_ << "\n" << Tinted(terminal_, Tint::kBold, text) << "\n";
  }
  void Line(size_t indent, const std::string& safe_text, Tint tint = Tint::kNone) {
    const size_t room =
        terminal_.columns == 0 ? 0 : std::max<size_t>(terminal_.columns, indent + 20) - indent;
    out_ << std::string(indent, ' ') << Tinted(terminal_, tint, Clip(safe_text, room)) << "\n";
  }
  // A name and a value that is wrapped rather than cut.
  void Field(const std::string& name, const std::string& value) {
    if (!value.empty()) out_ << "  " << Pad(name, 11) << value << "\n";
  }

 private:
  const Terminal& terminal_;
  std::ostream& out_;
};

std::string Joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    text.append(text.empty() ? "" : ", ").append(SafeText(item));
  }
  return text;
}

std::string EndText(const ProcessNode& node) {
  std::string text;
  if (node.exit_code.has_value()) text = "  exit " + std::to_string(*node.exit_code);
  if (node.signal.has_value()) text = "  signal " + std::to_string(*node.signal);
  if (node.violations > 0) text += "  " + Counted(node.violations, "violation");
  return text;
}

void RenderHeader(const RunView& view, Writer& writer, const Terminal& terminal,
                  std::ostream& out) {
  const TraceRecord header = view.header.value_or(TraceRecord());
  const std::string run = Clip("run " + SafeText(view.check.run_id), terminal.columns);
  const std::string date = "  " + DateText(header);
  const bool has_room =
      terminal.columns == 0 || DisplayWidth(run) + DisplayWidth(date) <= terminal.columns;
  out << Tinted(terminal, Tint::kBold, run) << (has_room ? date : "\n" + date) << "\n";
  writer.Field("command", SafeCommand(header.List("process.args")));
  writer.Field("directory", SafeText(header.Text("process.working_directory")));
  writer.Field("policy", SafeText(header.Text("safe_trace.policy_digest")));
  writer.Field("kernel", Joined(header.List("safe_trace.kernel_features")));
  writer.Field("enforced", Joined(header.List("safe_trace.enforcement")));
  writer.Field("trace", SafeText(DescribeCheck(view.check, view.is_being_written)));
}

uint64_t CountOf(const TraceRecord& record, std::string_view key) {
  return static_cast<uint64_t>(std::max<int64_t>(record.Number(key, 0), 0));
}

// Of a whole trace: how many processes there were of which it has no event. A process that only
// forks, waits and exits leaves none.
uint64_t SilentProcesses(const RunView& view) {
  const bool is_all_here = view.check.state == TraceState::kComplete &&
                           view.unreadable_lines == 0 && view.processes.not_kept() == 0 &&
                           view.summary.has_value() &&
                           CountOf(*view.summary, "safe_trace.summary.dropped_events") == 0;
  if (!is_all_here) return 0;
  const uint64_t all = CountOf(*view.summary, "safe_trace.summary.processes");
  return all - std::min<uint64_t>(all, view.processes.size());
}

void RenderProcesses(const RunView& view, bool all, Writer& writer) {
  constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
  const ProcessTable& processes = view.processes;
  const uint64_t silent = SilentProcesses(view);
  const std::string count = std::to_string(processes.size());
  writer.Title("Processes (" + count +
               (silent > 0 ? " of " + std::to_string(processes.size() + silent) : "") + ")");
  const std::vector<ProcessRow> rows =
      processes.Tree(all ? kNoLimit : kMaxChildren, all ? kNoLimit : kMaxRows);
  for (const ProcessRow& row : rows) {
    const size_t indent = 2 + 2 * row.depth;
    if (row.node == nullptr) {
      writer.Line(indent, "... " + std::to_string(row.more_siblings) + " more (--all)", Tint::kDim);
      continue;
    }
    const std::string command =
        row.node->command.empty() ? "(no program of its own)" : row.node->command;
    const std::string end = EndText(*row.node);
    writer.Line(indent, row.node->subject + ": " + command + end,
                row.node->violations > 0 ? Tint::kRed : Tint::kNone);
  }
  if (!all && rows.size() == kMaxRows) writer.Line(2, "... (--all shows every one)", Tint::kDim);
  if (silent > 0) {
    writer.Line(
        2, std::to_string(silent) + " more that ran no program and did nothing that is recorded",
        Tint::kDim);
  }
  if (processes.not_kept() > 0) {
    writer.Line(2, Counted(processes.not_kept(), "event") + " of further processes", Tint::kDim);
  }
}

void RenderStack(const std::vector<StackFrame>& frames, bool all, Writer& writer) {
  constexpr size_t kIndent = 16;
  if (!all) {
    const std::string in_short = StackInShort(frames);
    if (!in_short.empty()) writer.Line(kIndent, "by " + in_short, Tint::kDim);
    return;
  }
  for (const StackFrame& frame : frames) {
    std::string text = frame.source + " " + frame.location;
    if (!frame.function.empty()) text += " " + frame.function;
    if (!frame.package.empty()) text += " (" + frame.package + ")";
    writer.Line(kIndent, text, Tint::kDim);
  }
}

void RenderLines(const LineCounter& counter, bool all, Tint tint, Writer& writer,
                 const StackTable* stacks = nullptr) {
  const std::vector<LineCounter::Line>& lines = counter.lines();
  const size_t shown = all ? lines.size() : std::min(lines.size(), kMaxLines);
  for (size_t i = 0; i < shown; ++i) {
    const LineCounter::Line& line = lines[i];
    std::string text = line.clock + "  " + line.text;
    if (!line.note.empty()) text += ": " + line.note;
    if (line.count > 1) text += "  x" + std::to_string(line.count);
    const bool is_refused = !line.note.empty() && line.note != "allowed";
    writer.Line(2, text, is_refused ? tint : Tint::kNone);
    const auto* const stack = stacks == nullptr ? nullptr : stacks->Find(line.stack);
    if (stack != nullptr) RenderStack(*stack, all, writer);
  }
  if (shown < lines.size()) {
    writer.Line(2, "... " + std::to_string(lines.size() - shown) + " more (--all)", Tint::kDim);
  }
  if (counter.not_kept() > 0) {
    writer.Line(2,
                "... and " + std::to_string(counter.not_kept()) + " not kept here (--json --all)",
                Tint::kDim);
  }
}

std::string SecondsText(int64_t nanoseconds) {
  std::array<char, 48> text;
  const int length =
      std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(nanoseconds) / 1e9);
  return std::string(text.data(), static_cast<size_t>(length));
}

}  // namespace

void RenderRun(const RunView& view, bool all, const Terminal& terminal, std::ostream& out) {
  Writer writer(terminal, out);
  RenderHeader(view, writer, terminal, out);
  writer.Title("Violations (" + std::to_string(view.violations.total()) + ")");
  if (view.violations.lines().empty()) writer.Line(2, "none");
  RenderLines(view.violations, all, Tint::kRed, writer, &view.stacks);
  RenderProcesses(view, all, writer);
  writer.Title("Network");
  if (view.network.lines().empty()) writer.Line(2, "none");
  RenderLines(view.network, all, Tint::kYellow, writer);
  if (!view.changes.lines().empty()) {
    writer.Title("Changed on disk");
    RenderLines(view.changes, all, Tint::kNone, writer);
  }
  if (!view.removed_variables.empty()) {
    writer.Title("Variables removed");
    for (const std::string& name : view.removed_variables) writer.Line(2, name);
  }
}

void RenderEvent(const TraceRecord& record, const Terminal& terminal, std::ostream& out) {
  Writer writer(terminal, out);
  std::string text = ClockText(record) + "  ";
  const std::string subject = SubjectText(record);
  if (!subject.empty()) {
    text += subject + " [" + std::to_string(record.Number("process.pid", 0)) + "]: ";
  }
  text += DoingText(record);
  const std::string verdict = VerdictText(record);
  if (!verdict.empty()) text += ": " + verdict;
  writer.Line(2, text, IsViolation(record) ? Tint::kRed : Tint::kNone);
}

void RenderSummary(const RunView& view, const Terminal& terminal, std::ostream& out) {
  Writer writer(terminal, out);
  writer.Title("Summary");
  if (view.summary.has_value()) {
    const TraceRecord& summary = *view.summary;
    writer.Field("exit", std::to_string(summary.Number("safe_trace.exit_status", 0)) +
                             " (the command: " +
                             std::to_string(summary.Number("process.exit_code", 0)) + ")");
    writer.Field("time", SecondsText(summary.Number("event.duration", 0)));
    writer.Field("counts",
                 Counted(CountOf(summary, "safe_trace.summary.processes"), "process") + ", " +
                     Counted(CountOf(summary, "safe_trace.summary.violations"), "violation") +
                     ", " + std::to_string(CountOf(summary, "safe_trace.summary.denials")) +
                     " denied");
    writer.Field("packages", Joined(summary.List("safe_trace.summary.packages")));
    writer.Field("hosts", Joined(summary.List("safe_trace.summary.hosts")));
    writer.Field("survivors", Joined(summary.List("safe_trace.summary.survivors")));
    const uint64_t dropped = CountOf(summary, "safe_trace.summary.dropped_events");
    if (dropped > 0) writer.Field("not kept", Counted(dropped, "event"));
  } else {
    writer.Line(2,
                view.is_being_written ? "the run is still going on"
                                      : "none: the run was killed before it could write one",
                Tint::kYellow);
    writer.Field("counts", Counted(view.events, "event") + ", " +
                               Counted(view.violations.total(), "violation") + ", " +
                               std::to_string(view.refused) + " refused");
  }
  if (view.unreadable_lines > 0) {
    writer.Line(2, Counted(view.unreadable_lines, "line") + " could not be read", Tint::kRed);
  }
}

}  // namespace safe_trace
