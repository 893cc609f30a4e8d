#include "tools/trace/report_verb.h"

#include <utility>

#include "tools/trace/display_text.h"
#include "tools/trace/html_output.h"
#include "tools/trace/html_report.h"
#include "tools/trace/run_view.h"
#include "tools/trace/wholeness.h"
#include "tracer/events/trace_log_reader.h"

namespace safe_trace {
namespace {

constexpr int kFailed = 2;

int Complain(const absl::Status& status, std::ostream& err) {
  err << "safe-trace trace: " << SafeText(std::string(status.message())) << "\n";
  return kFailed;
}

}  // namespace

absl::StatusOr<OpenReport> OpenForReport(const std::string& trace_path,
                                         const std::string& page_path) {
  absl::StatusOr<UniqueFd> trace = OpenTrace(trace_path);
  if (!trace.ok()) return trace.status();
  OpenReport report = {trace_path, *std::move(trace), page_path, UniqueFd()};
  if (page_path == "-") return report;
  absl::StatusOr<UniqueFd> page = OpenReportFile(page_path, report.trace.get());
  if (!page.ok()) return page.status();
  report.page = *std::move(page);
  return report;
}

int WriteReport(OpenReport report, std::ostream& out, std::ostream& err) {
  TraceLogReader reader(std::move(report.trace));
  HtmlReport html;
  const absl::StatusOr<RunView> view =
      LoadRun(reader, [&html](const TraceRecord& record) { html.Add(record); });
  if (!view.ok()) return Complain(view.status(), err);
  if (view->check.state == TraceState::kNotATrace) {
    return SayWhetherWhole(report.trace_path, view->check, view->is_being_written, err);
  }
  const std::string page = html.Page(*view);
  if (!report.page.valid()) {
    out << page;
  } else if (const absl::Status written = ReplaceContent(report.page.get(), page); !written.ok()) {
    return Complain(written, err);
  } else {
    err << "safe-trace trace: the report is in " << SafeText(report.page_path) << "\n";
  }
  return SayWhetherWhole(report.trace_path, view->check, view->is_being_written, err);
}

}  // namespace safe_trace
