// The lines of a trace that may still be written, as they come.
#ifndef SAFE_TRACE_TOOLS_TRACE_GROWING_TRACE_H_
#define SAFE_TRACE_TOOLS_TRACE_GROWING_TRACE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/zstd_source.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Reads plain and compressed traces. Memory is bounded by the longest line of a trace; of longer
// ones only their number is given. One caller.
class GrowingTrace {
 public:
  using TakeLine = std::function<void(const TraceLine& line)>;

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
  uint64_t number_ = 0;       // of the last line that was given
  bool is_skipping_ = false;  // the rest of a line that is too long
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_GROWING_TRACE_H_
