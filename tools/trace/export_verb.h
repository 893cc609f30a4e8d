// `safe-trace trace export --format FORMAT`.
#ifndef SAFE_TRACE_TOOLS_TRACE_EXPORT_VERB_H_
#define SAFE_TRACE_TOOLS_TRACE_EXPORT_VERB_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// What has to be open before the program confines itself.
struct OpenExport {
  std::string trace_path;
  UniqueFd trace;
  std::string output_path;
  UniqueFd output;  // invalid: standard output
};

// `output_path` "-" is standard output.
absl::StatusOr<OpenExport> OpenForExport(const std::string& trace_path,
                                         const std::string& output_path);

// Streams the trace into `format`; the exit status. What is no trace leaves the file as it was.
int WriteExport(OpenExport open, const std::string& format, std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_EXPORT_VERB_H_
