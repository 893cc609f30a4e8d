// connect(2) on a socket that a tracee shares, with a bound on how long it may block.
#ifndef SAFE_TRACE_TRACER_RELAY_BOUNDED_CONNECT_H_
#define SAFE_TRACE_TRACER_RELAY_BOUNDED_CONNECT_H_

#include <chrono>

#include "tracer/relay/socket_name.h"

namespace safe_trace {

// Returns 0 or the errno value of connect(2): EINPROGRESS on a non-blocking socket, EINTR where it
// still blocked after `limit` (the connection then goes on in the kernel).
//
// Whether the call blocks cannot be known beforehand: O_NONBLOCK and socket filters belong to the
// socket, and the tracee may change them at any moment. A timer whose signal (SIGURG, handled by
// nothing) goes to this thread again and again ends the call; it must not be blocked here.
int BoundedConnect(int socket, const SocketName& name, std::chrono::milliseconds limit);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_BOUNDED_CONNECT_H_
