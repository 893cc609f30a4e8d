#include "tools/trace/html_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "tools/trace/display_text.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

absl::Status Refused(const std::string& path, const char* what) {
  return absl::FailedPreconditionError(
      absl::StrCat(SafeText(path), ": not written, because it is ", what));
}

}  // namespace

absl::StatusOr<UniqueFd> OpenReportFile(const std::string& path, int trace_fd) {
  // O_NONBLOCK: a pipe without a reader fails instead of waiting.
  UniqueFd fd(open(path.c_str(),
                   O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (fd.get() < 0) {
    if (errno == ELOOP) return Refused(path, "a symbolic link");
    return LastErrnoStatus(SafeText(path));
  }
  struct stat file {};
  struct stat trace {};
  if (fstat(fd.get(), &file) != 0) return LastErrnoStatus(SafeText(path));
  if (fstat(trace_fd, &trace) != 0) return LastErrnoStatus("the trace");
  if (!S_ISREG(file.st_mode)) return Refused(path, "not a regular file");
  if (file.st_uid != geteuid()) return Refused(path, "another user's file");
  if (file.st_nlink != 1) return Refused(path, "a file with several names");
  if (file.st_dev == trace.st_dev && file.st_ino == trace.st_ino) {
    return Refused(path, "the trace itself");
  }
  return fd;
}

absl::Status ReplaceContent(int fd, std::string_view text) {
  if (ftruncate(fd, 0) != 0) return LastErrnoStatus("emptying the report");
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return LastErrnoStatus("writing the report");
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace safe_trace
