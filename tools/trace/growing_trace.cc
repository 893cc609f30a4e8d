#include "tools/trace/growing_trace.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kTellingBytes = 4;

}  // namespace

absl::StatusOr<size_t> GrowingTrace::ReadSome(char* out, size_t size) {
  if (compressed_.has_value()) return compressed_->Read(fd_.get(), out, size);
  ssize_t count = 0;
  do {
    count = read(fd_.get(), out, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return LastErrnoStatus("reading the trace");
  return static_cast<size_t>(count);
}

absl::StatusOr<bool> GrowingTrace::ReadMore(const TakeLine& take) {
  std::vector<char> buffer(kReadBytes);
  bool has_read = false;
  for (;;) {
    const absl::StatusOr<size_t> count = ReadSome(buffer.data(), buffer.size());
    if (!count.ok()) return count.status();
    if (*count == 0) return has_read;
    has_read = true;
    if (is_known_) {
      TakeText({buffer.data(), *count}, take);
      continue;
    }
    head_.append(buffer.data(), *count);
    if (head_.size() < kTellingBytes) continue;
    is_known_ = true;
    if (BeginsLikeZstd(head_)) {
      compressed_.emplace(std::exchange(head_, {}));
    } else {
      TakeText(std::exchange(head_, {}), take);
    }
  }
}

void GrowingTrace::TakeText(std::string_view text, const TakeLine& take) {
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const std::string_view part = text.substr(0, newline);
    if (!is_skipping_ && line_.size() + part.size() > kMaxTraceLineBytes) {
      is_skipping_ = true;
      line_ = std::string();
    }
    if (!is_skipping_) line_ += part;
    if (newline == std::string_view::npos) return;
    take({++number_, is_skipping_ ? std::string_view() : line_, true, is_skipping_});
    line_.clear();
    is_skipping_ = false;
    text.remove_prefix(newline + 1);
  }
}

bool GrowingTrace::IsBeingWritten() const {
  if (flock(fd_.get(), LOCK_SH | LOCK_NB) == 0) {
    flock(fd_.get(), LOCK_UN);
    return false;
  }
  return errno == EWOULDBLOCK;
}

}  // namespace safe_trace
