#include "tools/trace/export_verb.h"

#include <utility>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/file_stream.h"
#include "tools/trace/html_output.h"
#include "tools/trace/trace_exporter.h"
#include "tools/trace/wholeness.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {
namespace {

constexpr int kSomethingWrong = 1;
constexpr int kFailed = 2;

struct ExportTally {
  TraceCheck check;
  uint64_t records = 0;
  uint64_t unreadable = 0;
  bool is_being_written = false;
};

// Every line of a trace has these.
bool IsOfTrace(const TraceRecord& record) {
  return !record.Text("event.action").empty() && !record.Text("safe_trace.run_id").empty();
}

absl::StatusOr<ExportTally> Stream(TraceLogReader& reader, TraceExporter& exporter,
                                   const std::ostream& out) {
  ExportTally tally;
  tally.is_being_written = reader.IsBeingWritten();
  TraceVerifier verifier;
  TraceLine line;
  while (out.good()) {
    const absl::StatusOr<bool> more = reader.Next(line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
    verifier.Feed(line, record.ok() ? &*record : nullptr);
    if (!line.is_complete) continue;
    if (!record.ok() || line.too_long || !IsOfTrace(*record)) {
      ++tally.unreadable;
      continue;
    }
    ++tally.records;
    exporter.Add(*record);
  }
  tally.check = verifier.Finish();
  if (tally.records > 0) exporter.Finish(tally.check);
  return tally;
}

int Judge(const ExportTally& tally, const std::string& path, std::ostream& err) {
  if (tally.records == 0) {
    err << "safe-trace trace: " << SafeText(path) << ": not a trace\n";
    return kSomethingWrong;
  }
  if (tally.unreadable > 0) {
    err << "safe-trace trace: " << SafeText(path) << ": " << Counted(tally.unreadable, "line")
        << " could not be read\n";
  }
  return SayWhetherWhole(path, tally.check, tally.is_being_written, err);
}

int Complain(const absl::Status& status, std::ostream& err) {
  err << "safe-trace trace: " << SafeText(std::string(status.message())) << "\n";
  return kFailed;
}

}  // namespace

absl::StatusOr<OpenExport> OpenForExport(const std::string& trace_path,
                                         const std::string& output_path) {
  absl::StatusOr<UniqueFd> trace = OpenTrace(trace_path);
  if (!trace.ok()) return trace.status();
  OpenExport open = {trace_path, *std::move(trace), output_path, UniqueFd()};
  if (output_path == "-") return open;
  absl::StatusOr<UniqueFd> output = OpenReportFile(output_path, open.trace.get());
  if (!output.ok()) return output.status();
  open.output = *std::move(output);
  return open;
}

int WriteExport(OpenExport open, const std::string& format, std::ostream& out, std::ostream& err) {
  FileStreamBuffer buffer(open.output.get());
  std::ostream file(&buffer);
  std::ostream& sink = open.output.valid() ? file : out;
  const std::unique_ptr<TraceExporter> exporter = MakeExporter(format, sink);
  if (exporter == nullptr) return kFailed;
  TraceLogReader reader(std::move(open.trace));
  const absl::StatusOr<ExportTally> tally = Stream(reader, *exporter, sink);
  if (!tally.ok()) return Complain(tally.status(), err);
  if (open.output.valid()) {
    if (const absl::Status written = buffer.Finish(); !written.ok()) return Complain(written, err);
  }
  return Judge(*tally, open.trace_path, err);
}

}  // namespace safe_trace
