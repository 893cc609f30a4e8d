// Reads what zstd compressed, as a stream.
#ifndef SAFE_TRACE_TRACER_EVENTS_ZSTD_SOURCE_H_
#define SAFE_TRACE_TRACER_EVENTS_ZSTD_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

extern "C" {
struct ZSTD_DCtx_s;
}

namespace safe_trace {

// The history that a frame may ask for: 8 MiB, what `zstd -19` uses.
inline constexpr int kMaxZstdWindowLog = 23;
// A trace is never as repetitive as this: each of its lines holds 32 random bytes. What is more
// would keep a reader busy for next to no input.
inline constexpr uint64_t kMaxZstdExpansion = 2'000;
inline constexpr uint64_t kZstdAllowance = uint64_t{64} * 1024 * 1024;

// True where a file that begins so was compressed with zstd.
bool BeginsLikeZstd(std::string_view bytes);

// Not thread-safe. Its memory is bounded by the window, whatever the input.
class ZstdSource {
 public:
  // `first` is what was read from the file already.
  explicit ZstdSource(std::string first);

  // Up to `size` bytes of content, from what `fd` gives; 0 at its end, also where that lies within
  // a frame. DataLoss for what is not zstd or is too repetitive, ResourceExhausted for a larger
  // window.
  absl::StatusOr<size_t> Read(int fd, char* out, size_t size);

 private:
  struct Closer {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  absl::StatusOr<bool> Refill(int fd);

  std::unique_ptr<ZSTD_DCtx_s, Closer> context_;
  std::string input_;
  size_t position_ = 0;
  uint64_t taken_ = 0;
  uint64_t given_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_ZSTD_SOURCE_H_
