// A blocking connect on a tracee's socket, on a thread of its own, that can be given up.
#ifndef SAFE_TRACE_TRACER_NETWORK_INTERRUPTIBLE_CONNECT_H_
#define SAFE_TRACE_TRACER_NETWORK_INTERRUPTIBLE_CONNECT_H_

#include <functional>
#include <optional>

#include "tracer/network/socket_address.h"
#include "tracer/tracee/process_status.h"

namespace safe_trace {

// Returns 0 or the errno value of connect(2); EINTR once `interrupted` turned true. As in a process
// of its own, an interrupted TCP connect goes on in the kernel.
//
// Neither O_NONBLOCK nor SO_SNDTIMEO may be used to bound the wait: both belong to the socket,
// which the tracee shares and would see. So the call blocks, and is interrupted the way every call
// is: by a signal to its thread. SIGURG is used, whose default is to be ignored; a handler that
// does nothing is installed once, without SA_RESTART. The signal is repeated until the thread is
// out, since the first one may come before it entered the call. `identity`: whose rights on the
// file system count, for socket files.
int InterruptibleConnect(int socket, const RawSocketAddress& address,
                         const std::optional<ProcessStatus>& identity,
                         const std::function<bool()>& interrupted);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_INTERRUPTIBLE_CONNECT_H_
