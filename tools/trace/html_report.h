// The page of `safe-trace trace report --html`: one run, for a reader who was not there.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_REPORT_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_REPORT_H_

#include <string>

#include "tools/trace/html_findings.h"
#include "tools/trace/html_tables.h"
#include "tools/trace/run_view.h"

namespace safe_trace {

// Gathered in one pass over a trace of any size; every part is bounded.
class HtmlReport {
 public:
  void Add(const TraceRecord& record);
  // The whole page. `view` is the same run's.
  std::string Page(const RunView& view) const;
  // What the page's script reads; inert inside HTML.
  std::string DataBlock(const RunView& view) const;

 private:
  static constexpr size_t kMaxSubjects = 400;
  static constexpr size_t kMaxActions = 100;
  static constexpr size_t kMaxHosts = 500;
  static constexpr size_t kMaxPlaces = 50;
  static constexpr size_t kMaxNameColumns = 200;

  // `place` is "" where the event is not about a file.
  void Count(const TraceRecord& record, uint32_t subject, const std::string& place);

  std::string working_directory_;
  NameTable subjects_{kMaxSubjects, kMaxNameColumns};
  NameTable actions_{kMaxActions, kMaxNameColumns};
  Matrix hosts_{kMaxHosts};
  NameTable places_{kMaxPlaces, kMaxNameColumns};
  Matrix touched_{kMaxPlaces};
  Timeline timeline_;
  PathTree paths_;
  FindingTable violations_;
  FindingTable changes_;
  ProgramTable programs_;
  EventTable events_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_REPORT_H_
