#include "tracer/syscall_status.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace safe_trace {

absl::Status ErrnoStatus(int error, std::string_view what) {
  std::string message = std::string(what) + ": " + strerror(error);
  switch (error) {
    case ESRCH:
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case EINVAL:
      return absl::InvalidArgumentError(message);
    case ENOSYS:
    case EOPNOTSUPP:
      return absl::UnimplementedError(message);
    case ENOMEM:
    case ENOSPC:
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(message);
    case EFAULT:
      return absl::OutOfRangeError(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::Status LastErrnoStatus(std::string_view what) { return ErrnoStatus(errno, what); }

}  // namespace safe_trace
