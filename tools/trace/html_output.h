// The file that a report goes to.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_OUTPUT_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_OUTPUT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Opens `path` for writing without changing what it holds; makes it with mode 0600 where it is not
// there. Refuses what somebody else could have put in its place: a symlink, a file of another user
// or with a second name, a device, a pipe. Refuses the file open as `trace_fd`, too.
absl::StatusOr<UniqueFd> OpenReportFile(const std::string& path, int trace_fd);

// Makes `text` the whole content of the file.
absl::Status ReplaceContent(int fd, std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_OUTPUT_H_
