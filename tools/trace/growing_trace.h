// The lines of a trace that may still be written, as they come.
#ifndef SAFE_TRACE_TOOLS_TRACE_GROWING_TRACE_H_
#define SAFE_TRACE_TOOLS_TRACE_GROWING_TRACE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tracer/events/zstd_source.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Reads plain and compressed traces. Memory is bounded by the longest line of a trace; longer ones
// are left out. One caller.
class GrowingTrace {
 public:
  using TakeLine = std::function<void(std::string_view line)>;

  explicit GrowingTrace(UniqueFd fd) : fd_(std::move(fd)) {}

  // Gives every line that is whole by now, without its newline. False where nothing new was there.
  absl::StatusOr<bool> ReadMore(const TakeLine& take);
  // Whether a run still writes it (its writer holds a lock).
  bool IsBeingWritten() const;

 private:
  // 0: nothing more is there yet.
  absl::StatusOr<size_t> ReadSome(char* out, size_t size);
  void TakeText(std::string_view text, const TakeLine& take);

  UniqueFd fd_;
  bool is_known_ = false;  // plain or compressed is decided
  std::string head_;       // the first bytes, until they tell
  std::optional<ZstdSource> compressed_;
  std::string line_;          // the beginning of the next line
  bool is_skipping_ = false;  // the rest of a line that is too long
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_GROWING_TRACE_H_
