#include "tracer/network/remote_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace safe_trace {
namespace {

// Linux 6.9: a pidfd of one thread. Older kernels answer EINVAL.
constexpr unsigned kPidfdThread = O_EXCL;

int OpenPidfd(pid_t tid, unsigned flags) {
  return static_cast<int>(syscall(SYS_pidfd_open, tid, flags));
}

int GetFd(int pidfd, int fd) { return static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0)); }

int Option(int socket, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

bool RemoteSocket::IsTcp() const { return type == SOCK_STREAM && protocol == IPPROTO_TCP; }
bool RemoteSocket::IsUdp() const { return type == SOCK_DGRAM && protocol == IPPROTO_UDP; }
bool RemoteSocket::IsEcho() const {
  return type == SOCK_DGRAM && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6);
}

int DuplicateDescriptor(Process& process, pid_t tid, int fd, UniqueFd& out) {
  // A thread may have a descriptor table of its own (unshare(CLONE_FILES)), and the leader may have
  // exited, so a thread is asked itself where the kernel can.
  if (tid != process.tgid) {
    UniqueFd thread(OpenPidfd(tid, kPidfdThread));
    if (thread.valid()) {
      out.Reset(GetFd(thread.get(), fd));
      return out.valid() ? 0 : errno;
    }
  }
  if (!process.pidfd.valid()) process.pidfd.Reset(OpenPidfd(process.tgid, 0));
  if (!process.pidfd.valid()) return errno;
  out.Reset(GetFd(process.pidfd.get(), fd));
  return out.valid() ? 0 : errno;
}

int DuplicateSocket(Process& process, pid_t tid, int fd, RemoteSocket& out) {
  if (fd < 0) return EBADF;
  int error = DuplicateDescriptor(process, tid, fd, out.fd);
  if (error != 0) return error;
  struct stat status {};
  if (fstat(out.fd.get(), &status) != 0) return errno;
  if (!S_ISSOCK(status.st_mode)) return ENOTSOCK;
  out.inode = status.st_ino;
  out.domain = Option(out.fd.get(), SO_DOMAIN);
  out.type = Option(out.fd.get(), SO_TYPE);
  out.protocol = Option(out.fd.get(), SO_PROTOCOL);
  int flags = fcntl(out.fd.get(), F_GETFL);
  if (out.domain < 0 || out.type < 0 || out.protocol < 0 || flags < 0) return ENOTSOCK;
  out.nonblocking = (flags & O_NONBLOCK) != 0;
  return 0;
}

}  // namespace safe_trace
