// Binds a tracee's socket to a path on its behalf, so that the socket file appears where it was
// decided and getsockname says what the tracee wrote.
#ifndef SAFE_TRACE_TRACER_NETWORK_UNIX_BIND_H_
#define SAFE_TRACE_TRACER_NETWORK_UNIX_BIND_H_

#include <string>

#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_status.h"

namespace safe_trace {

// `parent` pins the directory that was decided on, `written` is the path as the caller wrote it.
// Returns 0 or an errno value.
//
// The kernel resolves the written path again, and the caller may exchange links on the way. So the
// call is made by a short-lived thread with a working directory and umask of its own (the
// caller's), confined by a Landlock domain that lets it make sockets beneath `parent` only. Where
// the kernel offers no such thread (no Landlock, unshare refused), and for paths through /proc or
// under another root, the pinned directory is named instead: then getsockname shows
// "/proc/self/fd/N/NAME".
int BindToPath(int socket, const std::string& written, const PinnedPath& parent,
               const TaskRef& task, const ProcessStatus& status);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_UNIX_BIND_H_
