// `safe-trace trace report --html FILE`.
#ifndef SAFE_TRACE_TOOLS_TRACE_REPORT_VERB_H_
#define SAFE_TRACE_TOOLS_TRACE_REPORT_VERB_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// What has to be open before the program confines itself: after that it opens nothing more.
struct OpenReport {
  std::string trace_path;
  UniqueFd trace;
  std::string page_path;
  UniqueFd page;  // invalid: standard output
};

// `page_path` "-" is standard output.
absl::StatusOr<OpenReport> OpenForReport(const std::string& trace_path,
                                         const std::string& page_path);

// Reads the trace, writes the page; the exit status. A damaged trace gives a page that says so.
int WriteReport(OpenReport report, std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_REPORT_VERB_H_
