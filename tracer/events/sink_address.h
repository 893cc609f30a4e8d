// Where the events of a run are sent besides the trace: --sink, [trace] sinks.
#ifndef SAFE_TRACE_TRACER_EVENTS_SINK_ADDRESS_H_
#define SAFE_TRACE_TRACER_EVENTS_SINK_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace safe_trace {

inline constexpr size_t kMaxSinks = 8;

struct SinkAddress {
  enum class Kind : uint8_t { kUnix, kOtlpHttp };
  Kind kind = Kind::kUnix;
  std::string path;  // of the socket
  std::string url;   // "http://127.0.0.1:4318/v1/logs"
};

// "unix:/run/collector.sock" or "otlp+http://HOST[:PORT][/PATH]", where 4318 and /v1/logs are the
// defaults. InvalidArgument says what is wrong.
absl::StatusOr<SinkAddress> ParseSinkAddress(const std::string& text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_SINK_ADDRESS_H_
