// The one mapping from errno to absl::Status.
#ifndef SAFE_TRACE_TRACER_SYSCALL_STATUS_H_
#define SAFE_TRACE_TRACER_SYSCALL_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace safe_trace {

// `what` says what was tried: "pidfd_open of 1234". The message ends with the errno's text.
// ESRCH and ENOENT become NotFound: a task that vanished is not an error of ours.
absl::Status ErrnoStatus(int error, std::string_view what);
// Of the current errno.
absl::Status LastErrnoStatus(std::string_view what);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SYSCALL_STATUS_H_
