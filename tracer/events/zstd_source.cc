#include "tracer/events/zstd_source.h"

#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kInputBytes = 128 * 1024;

absl::Status Refused(size_t code) {
  if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge) {
    return absl::ResourceExhaustedError(
        absl::StrCat("compressed with a window of more than ", (1 << kMaxZstdWindowLog) >> 20,
                     " MiB (zstd --long or --ultra); decompress it with zstd first"));
  }
  return absl::DataLossError(
      absl::StrCat("the compressed data is damaged: ", ZSTD_getErrorName(code)));
}

}  // namespace

bool BeginsLikeZstd(std::string_view bytes) {
  if (bytes.size() < 4) return false;
  const auto byte = [bytes](size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const bool is_frame = bytes.substr(0, 4) == "\x28\xb5\x2f\xfd";
  // Some compressors begin with a frame that holds no content.
  const bool is_skippable = (byte(0) & 0xf0) == 0x50 && bytes.substr(1, 3) == "\x2a\x4d\x18";
  return is_frame || is_skippable;
}

void ZstdSource::Closer::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

ZstdSource::ZstdSource(std::string first)
    : context_(ZSTD_createDCtx()), input_(std::move(first)), taken_(input_.size()) {
  if (context_ != nullptr) {
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  }
}

absl::StatusOr<bool> ZstdSource::Refill(int fd) {
  input_.resize(kInputBytes);
  position_ = 0;
  ssize_t count = 0;
  do {
    count = read(fd, input_.data(), input_.size());
  } while (count < 0 && errno == EINTR);
  input_.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) return LastErrnoStatus("reading the trace");
  taken_ += input_.size();
  return count > 0;
}

absl::StatusOr<size_t> ZstdSource::Read(int fd, char* out, size_t size) {
  if (context_ == nullptr) return absl::ResourceExhaustedError("no memory to decompress");
  for (;;) {
    ZSTD_inBuffer input = {input_.data(), input_.size(), position_};
    ZSTD_outBuffer output = {out, size, 0};
    const size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
    position_ = input.pos;
    if (ZSTD_isError(result) != 0) return Refused(result);
    given_ += output.pos;
    if (given_ > kZstdAllowance + kMaxZstdExpansion * taken_) {
      return absl::DataLossError("the compressed data is no trace: it expands without end");
    }
    if (output.pos > 0) return output.pos;
    if (position_ < input_.size()) continue;
    const absl::StatusOr<bool> more = Refill(fd);
    if (!more.ok()) return more.status();
    if (!*more) return size_t{0};
  }
}

}  // namespace safe_trace
