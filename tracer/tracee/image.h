// What a task's new image is, read by the supervisor itself at the exec stop.
#ifndef SAFE_TRACE_TRACER_TRACEE_IMAGE_H_
#define SAFE_TRACE_TRACER_TRACEE_IMAGE_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

struct Image {
  UniqueFd file;                       // the executable, open for reading
  std::string executable;              // canonical path
  std::vector<std::string> arguments;  // at most kMaximumArguments, 64 KiB in all
  std::string working_directory;       // canonical
};

inline constexpr size_t kMaximumArguments = 512;

// PermissionDenied where the image hides from its tracer (a program that may not be read).
absl::StatusOr<Image> ReadImage(pid_t tid);
// "NAME=value" strings; at most 8 MiB.
absl::StatusOr<std::vector<std::string>> ReadEnvironmentOf(pid_t tid);

// Hexadecimal SHA-256 of an open file's content, "" where it cannot be read, exceeds 256 MiB, or
// `stopping` turned true. May take long: not on the loop's thread.
std::string FileSha256(int fd, const std::function<bool()>& stopping);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_IMAGE_H_
