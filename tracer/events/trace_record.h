// One line of a trace, read back. Lines are hostile: a trace may come from anywhere.
#ifndef SAFE_TRACE_TRACER_EVENTS_TRACE_RECORD_H_
#define SAFE_TRACE_TRACER_EVENTS_TRACE_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/events/trace_event.h"

namespace safe_trace {

// Text values are raw bytes again where the line was escaped: not fit for a terminal as they are.
struct TraceRecord {
  std::vector<std::pair<std::string, FieldValue>> fields;

  const FieldValue* Find(std::string_view key) const;
  // "" where the key is absent or holds something else.
  std::string_view Text(std::string_view key) const;
  int64_t Number(std::string_view key, int64_t fallback) const;
  bool Flag(std::string_view key) const;
  // Empty where the key is absent or holds something else.
  const std::vector<std::string>& List(std::string_view key) const;
};

// Accepts one flat JSON object of texts, whole numbers, booleans and lists of texts; other scalars
// are kept as text. InvalidArgument for anything nested, too wide or not JSON.
absl::StatusOr<TraceRecord> ParseTraceLine(std::string_view line);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_TRACE_RECORD_H_
