// The file behind a trace: made once, appended to in whole lines.
#ifndef SAFE_TRACE_TRACER_EVENTS_TRACE_FILE_H_
#define SAFE_TRACE_TRACER_EVENTS_TRACE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Where finished lines go. One caller at a time.
class LineSink {
 public:
  virtual ~LineSink() = default;
  // `lines` ends with a newline. After a failure nothing more is appended.
  virtual absl::Status Append(std::string_view lines) = 0;
  virtual absl::Status Sync() = 0;
};

class TraceFile : public LineSink {
 public:
  // Makes the parent directories (0700) and the file (0600). AlreadyExists where there is any file,
  // symlink or device of that name: a trace never overwrites and never follows.
  static absl::StatusOr<std::unique_ptr<TraceFile>> Create(const std::string& path);

  // A failed write is undone up to the last whole line, so that what is on disk still verifies.
  absl::Status Append(std::string_view lines) override;
  // Any bytes; a failed write is undone as a whole.
  absl::Status AppendWhole(std::string_view bytes);
  absl::Status Sync() override;

 private:
  TraceFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  // 0, or an errno; `written` says how far it came.
  int WriteAll(std::string_view bytes, size_t& written);
  // Takes away what follows size_ on disk.
  absl::Status CutBack(int error);

  std::string path_;
  UniqueFd fd_;
  int64_t size_ = 0;  // bytes on disk of what was appended whole
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_TRACE_FILE_H_
