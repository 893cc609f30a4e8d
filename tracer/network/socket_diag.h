// Dumps of the kernel's socket tables (sock_diag over netlink; needs no privilege).
#ifndef SAFE_TRACE_TRACER_NETWORK_SOCKET_DIAG_H_
#define SAFE_TRACE_TRACER_NETWORK_SOCKET_DIAG_H_

#include <linux/netlink.h>

#include <cstddef>
#include <functional>

#include "absl/status/status.h"

namespace safe_trace {

// Sends `request` (the structure that follows the header) as a dump and visits every answer of at
// least `answer_size` bytes of payload. Unavailable where the kernel has no such table;
// ResourceExhausted beyond 16 MiB of answers.
absl::Status DumpSockets(const void* request, size_t request_size, size_t answer_size,
                         const std::function<void(const nlmsghdr*)>& visit);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_SOCKET_DIAG_H_
