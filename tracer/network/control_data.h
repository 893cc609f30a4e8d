// Ancillary data of a message, copied out of the tracee and made anew for a send by the supervisor.
#ifndef SAFE_TRACE_TRACER_NETWORK_CONTROL_DATA_H_
#define SAFE_TRACE_TRACER_NETWORK_CONTROL_DATA_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tracer/network/remote_socket.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

inline constexpr size_t kMaximumControl = 4096;
inline constexpr size_t kMaximumPassedDescriptors = 253;  // SCM_MAX_FD

struct ControlData {
  std::vector<char> bytes;       // for msg_control
  std::vector<UniqueFd> passed;  // what SCM_RIGHTS in `bytes` refers to
  bool refused = false;          // holds something that is never passed on: EPERM, reported
};

// Returns 0 or the errno value for the call (EINVAL, EBADF, ETOOMANYREFS, EPERM).
// Descriptors are duplicated from the caller; credentials must be the caller's own, and become the
// supervisor's, since the kernel accepts no other process's; of the internet levels only what
// cannot change where a packet goes is kept (source routes can).
int RebuildControl(std::span<const char> copied, const RemoteSocket& socket, Process& process,
                   pid_t tid, ControlData& out);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_CONTROL_DATA_H_
