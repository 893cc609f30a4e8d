#include "tools/trace/file_stream.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

}  // namespace

bool FileStreamBuffer::Flush() {
  if (!failure_.ok()) return false;
  if (!began_ && ftruncate(fd_, 0) != 0) {
    failure_ = LastErrnoStatus("emptying the file");
    return false;
  }
  began_ = true;
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      failure_ = LastErrnoStatus("writing the file");
      return false;
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
  return true;
}

FileStreamBuffer::int_type FileStreamBuffer::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char text = traits_type::to_char_type(byte);
  return xsputn(&text, 1) == 1 ? byte : traits_type::eof();
}

std::streamsize FileStreamBuffer::xsputn(const char* text, std::streamsize size) {
  if (!failure_.ok()) return 0;
  buffer_.append(text, static_cast<size_t>(size));
  if (buffer_.size() >= kBufferBytes && !Flush()) return 0;
  return size;
}

int FileStreamBuffer::sync() { return Flush() ? 0 : -1; }

absl::Status FileStreamBuffer::Finish() {
  if (!buffer_.empty()) Flush();
  return failure_;
}

}  // namespace safe_trace
