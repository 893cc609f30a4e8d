// A trace on a descriptor that is there already: standard output, a pipe.
#ifndef SAFE_TRACE_TRACER_EVENTS_DESCRIPTOR_SINK_H_
#define SAFE_TRACE_TRACER_EVENTS_DESCRIPTOR_SINK_H_

#include "tracer/events/trace_file.h"

namespace safe_trace {

// Writes whole lines and waits for the reader. What was written cannot be taken back, so after a
// failure the last line may be incomplete. One caller at a time.
class DescriptorSink : public LineSink {
 public:
  explicit DescriptorSink(UniqueFd fd) : fd_(std::move(fd)) {}
  // A duplicate of standard output.
  static absl::StatusOr<std::unique_ptr<DescriptorSink>> OnStandardOutput();

  absl::Status Append(std::string_view lines) override;
  absl::Status Sync() override { return absl::OkStatus(); }

 private:
  UniqueFd fd_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_DESCRIPTOR_SINK_H_
