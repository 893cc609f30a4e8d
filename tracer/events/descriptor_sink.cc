#include "tracer/events/descriptor_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "tracer/syscall_status.h"

namespace safe_trace {

absl::StatusOr<std::unique_ptr<DescriptorSink>> DescriptorSink::OnStandardOutput() {
  UniqueFd fd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  if (!fd.valid()) return LastErrnoStatus("standard output for the trace");
  return std::make_unique<DescriptorSink>(std::move(fd));
}

absl::Status DescriptorSink::Append(std::string_view lines) {
  size_t written = 0;
  while (written < lines.size()) {
    const ssize_t count = write(fd_.get(), lines.data() + written, lines.size() - written);
    if (count > 0) {
      written += static_cast<size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      // Whoever shares the descriptor made it non-blocking. Waits in steps, for EINTR's sake too.
      pollfd entry{fd_.get(), POLLOUT, 0};
      (void)poll(&entry, 1, 100);
    } else if (!(count < 0 && errno == EINTR)) {
      return ErrnoStatus(count < 0 ? errno : EIO, "writing the trace to standard output");
    }
  }
  return absl::OkStatus();
}

}  // namespace safe_trace
