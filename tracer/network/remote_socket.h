// A duplicate of a socket in the table of a tracee, and what it is.
#ifndef SAFE_TRACE_TRACER_NETWORK_REMOTE_SOCKET_H_
#define SAFE_TRACE_TRACER_NETWORK_REMOTE_SOCKET_H_

#include <sys/types.h>

#include "tracer/tracee/process_tree.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// The file description is the tracee's own: its flags must never be changed.
struct RemoteSocket {
  UniqueFd fd;
  int domain = 0;
  int type = 0;  // SOCK_STREAM, ... without flags
  int protocol = 0;
  bool nonblocking = false;
  ino_t inode = 0;  // of the socket itself, in the kernel's own file system for sockets

  bool IsTcp() const;
  bool IsUdp() const;
  // Ping sockets: datagrams without ports.
  bool IsEcho() const;
};

// Duplicates descriptor `fd` of the thread. Returns 0 or an errno value: EBADF, ENOTSOCK, ESRCH,
// EPERM where the kernel refuses the supervisor.
int DuplicateSocket(Process& process, pid_t tid, int fd, RemoteSocket& out);
// The same for a descriptor of any kind (one that is passed on with SCM_RIGHTS).
int DuplicateDescriptor(Process& process, pid_t tid, int fd, UniqueFd& out);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_REMOTE_SOCKET_H_
