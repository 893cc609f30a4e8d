// What the supervisor and safe-trace-unwind say to each other, over pipes: each message is its
// length (4 bytes of the machine's order) and so many bytes.
#ifndef SAFE_TRACE_TRACER_STACKS_UNWIND_PROTOCOL_H_
#define SAFE_TRACE_TRACER_STACKS_UNWIND_PROTOCOL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/stacks/stack_sample.h"

namespace safe_trace {

inline constexpr size_t kMaximumSampleMessage = size_t{1} << 20;
inline constexpr size_t kMaximumFramesMessage = size_t{128} * 1024;

// Longer lists and texts than the bounds of stack_sample.h allow are cut when they are encoded, and
// refused (InvalidArgument) when they are decoded.
std::string EncodeSample(const StackSample& sample);
absl::StatusOr<StackSample> DecodeSample(std::string_view bytes);
std::string EncodeFrames(const std::vector<NativeFrame>& frames);
absl::StatusOr<std::vector<NativeFrame>> DecodeFrames(std::string_view bytes);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_UNWIND_PROTOCOL_H_
