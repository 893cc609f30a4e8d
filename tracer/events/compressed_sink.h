// A trace as one zstd frame that is readable up to its last flush, however its writer ends.
#ifndef SAFE_TRACE_TRACER_EVENTS_COMPRESSED_SINK_H_
#define SAFE_TRACE_TRACER_EVENTS_COMPRESSED_SINK_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/events/trace_file.h"

struct ZSTD_CCtx_s;

namespace safe_trace {

// What a compressed trace's name ends in.
inline constexpr std::string_view kCompressedSuffix = ".zst";

// One caller at a time. The chain is over the lines as they are before compression.
class CompressedSink : public LineSink {
 public:
  static absl::StatusOr<std::unique_ptr<CompressedSink>> Create(std::unique_ptr<TraceFile> file);
  ~CompressedSink() override;

  // Flushes the block, so that these lines can be read although the frame goes on. A failed write
  // leaves the file as it was before this call.
  absl::Status Append(std::string_view lines) override;
  // Ends the frame: the last call.
  absl::Status Sync() override;

 private:
  CompressedSink(std::unique_ptr<TraceFile> file, ZSTD_CCtx_s* context)
      : file_(std::move(file)), context_(context) {}
  // `how` is a ZSTD_EndDirective.
  absl::Status Compress(std::string_view lines, int how);

  std::unique_ptr<TraceFile> file_;
  ZSTD_CCtx_s* context_;  // owned
  std::string frame_;
  bool ended_ = false;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_COMPRESSED_SINK_H_
