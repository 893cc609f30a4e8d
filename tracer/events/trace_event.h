// One line of the trace, as a value. Field names are docs/trace-schema.md's.
#ifndef SAFE_TRACE_TRACER_EVENTS_TRACE_EVENT_H_
#define SAFE_TRACE_TRACER_EVENTS_TRACE_EVENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace safe_trace {

using FieldValue = std::variant<std::string, int64_t, bool, std::vector<std::string>>;

// Built where something happens, formatted on the writer's thread. The writer adds @timestamp,
// event.sequence and safe_trace.prev_hash.
struct TraceEvent {
  std::string action;          // event.action: "file-open", "process-exec", "network-connect", ...
  std::string category;        // event.category: "file", "process", "network", "configuration"
  std::string outcome;         // event.outcome: "success", "failure", "unknown"
  int64_t wall_clock_ns = 0;   // when it happened, CLOCK_REALTIME; 0: when it is written
  bool is_violation = false;   // event.kind "alert" instead of "event"; never dropped
  std::vector<std::pair<std::string, FieldValue>> fields;  // flat keys: "file.path"

  // Bytes that are not UTF-8 are kept as they are; the writer escapes them.
  TraceEvent& Set(std::string_view key, FieldValue value) {
    fields.emplace_back(std::string(key), std::move(value));
    return *this;
  }
};

// Takes events from the loop. Never blocks longer than the queue's bound makes it.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void Record(TraceEvent event) = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_TRACE_EVENT_H_
