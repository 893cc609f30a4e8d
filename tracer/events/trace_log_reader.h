// Reads a trace line by line, in bounded memory, whatever the file holds. A trace that was
// compressed with zstd is told by its first bytes, and its content is read.
#ifndef SAFE_TRACE_TRACER_EVENTS_TRACE_LOG_READER_H_
#define SAFE_TRACE_TRACER_EVENTS_TRACE_LOG_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tracer/events/zstd_source.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Longer lines were not written by safe-trace.
inline constexpr size_t kMaxTraceLineBytes = size_t{16} * 1024 * 1024;

struct TraceLine {
  uint64_t number = 0;      // from 1
  std::string_view text;    // without the newline; empty where too_long; valid until the next Next
  bool is_complete = true;  // false: the file ends before the line does
  bool too_long = false;
};

// Opens a regular file for reading; refuses devices, pipes and directories without blocking.
absl::StatusOr<UniqueFd> OpenTrace(const std::string& path);

class TraceLogReader {
 public:
  explicit TraceLogReader(UniqueFd fd) : fd_(std::move(fd)) {}
  static absl::StatusOr<TraceLogReader> Open(const std::string& path);

  // False at the end of the file. An error is one of reading, never of content, but for
  // FailedPrecondition: the first line says that only a newer safe-trace can read this trace, and
  // what zstd_source.h says of compressed data.
  absl::StatusOr<bool> Next(TraceLine& line);

  // True while the run that writes this trace is still going on (its writer holds a lock).
  bool IsBeingWritten() const;

 private:
  absl::StatusOr<size_t> Fill();
  absl::StatusOr<size_t> ReadSome(char* out, size_t size);
  void Emit(size_t length, bool is_complete, TraceLine& line);
  absl::Status CheckVersion(const TraceLine& line) const;

  UniqueFd fd_;
  std::string name_ = "the trace";  // for messages
  std::string buffer_;
  size_t start_ = 0;    // of the current line in buffer_
  size_t scanned_ = 0;  // no newline in buffer_ before here
  uint64_t number_ = 0;
  bool skipping_ = false;  // the rest of a line that was too long
  bool began_ = false;
  std::optional<ZstdSource> compressed_;
};

// The first line and the last complete one, without reading what is between. Compressed content is
// read from its beginning; ResourceExhausted where it is more than 256 MiB.
struct TraceEdges {
  std::string first;  // empty where the file has no complete line or it is too long for this
  std::string last;
};
absl::StatusOr<TraceEdges> ReadTraceEdges(int fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_TRACE_LOG_READER_H_
