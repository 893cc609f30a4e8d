#include "tracer/deciding/call_arguments.h"

#include <limits.h>

#include <cerrno>

namespace safe_trace {

int ReadPath(const TraceeMemory& memory, pid_t tid, uint64_t address, std::string& path) {
  absl::StatusOr<std::string> text = memory.ReadString(tid, address, PATH_MAX - 1);
  if (text.ok()) {
    path = *std::move(text);
    return 0;
  }
  if (absl::IsResourceExhausted(text.status())) return ENAMETOOLONG;
  if (absl::IsNotFound(text.status())) return ESRCH;
  return EFAULT;
}

}  // namespace safe_trace
