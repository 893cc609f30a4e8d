// What the kernel says is bound at an address right now: the inodes of the sockets. Used to tell
// the run's own listeners from strangers'.
#ifndef SAFE_TRACE_TRACER_NETWORK_SOCKET_OWNER_H_
#define SAFE_TRACE_TRACER_NETWORK_SOCKET_OWNER_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/access_request.h"

namespace safe_trace {

// Sockets that may take a connection or datagram for this loopback address and port: those bound to
// just this address and those bound to all addresses. The former do not hide the latter: a
// connected datagram socket takes from its peer only, and either may be closed after the decision.
// By sock_diag, of the supervisor's network namespace.
absl::StatusOr<std::vector<ino_t>> SocketsBoundTo(bool is_stream, const IpAddress& ip,
                                                  uint16_t port);

// Sockets bound to this socket file (by sock_diag, which needs no privilege).
absl::StatusOr<std::vector<ino_t>> SocketsBoundToFile(dev_t device, ino_t inode);
// Sockets with this abstract name (without the leading NUL).
absl::StatusOr<std::vector<ino_t>> SocketsBoundToAbstract(std::string_view name);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_SOCKET_OWNER_H_
