// What a parser of a stream's beginning can say about the bytes that have come so far.
#ifndef SAFE_TRACE_TRACER_RELAY_PARSE_PROGRESS_H_
#define SAFE_TRACE_TRACER_RELAY_PARSE_PROGRESS_H_

#include <cstdint>

namespace safe_trace {

enum class ParseProgress : uint8_t { kNeedMore, kComplete, kInvalid };

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_PARSE_PROGRESS_H_
