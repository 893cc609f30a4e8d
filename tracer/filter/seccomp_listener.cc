#include "tracer/filter/seccomp_listener.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tracer/syscall_status.h"

// Newer than this distribution's headers.
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

namespace safe_trace {
namespace {

size_t Words(size_t bytes) { return (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t); }

// The kernel says ENOENT for a task that died, and EINPROGRESS for one already answered.
absl::Status ResponseStatus(int error, std::string_view what) {
  if (error == EINPROGRESS) return absl::NotFoundError("the notification was answered already");
  return ErrnoStatus(error, what);
}

}  // namespace

absl::StatusOr<std::unique_ptr<KernelListener>> KernelListener::Create(UniqueFd listener) {
  seccomp_notif_sizes sizes{};
  if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) {
    return LastErrnoStatus("asking for the seccomp notification sizes");
  }
  std::unique_ptr<KernelListener> created(new KernelListener(std::move(listener)));
  created->request_.resize(Words(std::max<size_t>(sizes.seccomp_notif, sizeof(seccomp_notif))));
  created->response_.resize(
      Words(std::max<size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp))));
  // Linux >= 6.6: the answer wakes the task on this processor at once (51 us become 8). Older
  // kernels refuse the request and are only slower.
  ioctl(created->fd(), SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  return created;
}

absl::StatusOr<SyscallInvocation> KernelListener::Receive() {
  // The kernel insists on a zeroed buffer.
  std::fill(request_.begin(), request_.end(), 0);
  auto* request = reinterpret_cast<seccomp_notif*>(request_.data());
  if (ioctl(fd(), SECCOMP_IOCTL_NOTIF_RECV, request) != 0) {
    if (errno == EINTR) return absl::NotFoundError("interrupted");
    return LastErrnoStatus("receiving a seccomp notification");
  }
  SyscallInvocation invocation;
  invocation.notification_id = request->id;
  invocation.tid = static_cast<pid_t>(request->pid);
  invocation.number = request->data.nr;
  std::copy_n(request->data.args, 6, invocation.arguments.begin());
  invocation.instruction_pointer = request->data.instruction_pointer;
  return invocation;
}

absl::Status KernelListener::Respond(uint64_t id, int error, int64_t value, uint32_t flags) {
  std::fill(response_.begin(), response_.end(), 0);
  auto* response = reinterpret_cast<seccomp_notif_resp*>(response_.data());
  response->id = id;
  response->error = error;
  response->val = value;
  response->flags = flags;
  if (ioctl(fd(), SECCOMP_IOCTL_NOTIF_SEND, response) != 0) {
    return ResponseStatus(errno, "answering a seccomp notification");
  }
  return absl::OkStatus();
}

absl::Status KernelListener::RespondContinue(uint64_t id) {
  return Respond(id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

absl::Status KernelListener::RespondError(uint64_t id, int error) {
  return Respond(id, -error, 0, 0);
}

absl::Status KernelListener::RespondValue(uint64_t id, int64_t value) {
  return Respond(id, 0, value, 0);
}

absl::Status KernelListener::RespondWithFd(uint64_t id, int fd_to_give, bool close_on_exec) {
  seccomp_notif_addfd addition{};
  addition.id = id;
  addition.flags = SECCOMP_ADDFD_FLAG_SEND;
  addition.srcfd = static_cast<uint32_t>(fd_to_give);
  addition.newfd_flags = close_on_exec ? O_CLOEXEC : 0;
  if (ioctl(fd(), SECCOMP_IOCTL_NOTIF_ADDFD, &addition) < 0) {
    return ResponseStatus(errno, "handing a descriptor to a task");
  }
  return absl::OkStatus();
}

bool KernelListener::IsValid(uint64_t id) {
  return ioctl(fd(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

}  // namespace safe_trace
