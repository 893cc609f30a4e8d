// One event as one line of JSON. docs/trace-schema.md gives the form; this is its only writer.
#ifndef SAFE_TRACE_TRACER_EVENTS_JSON_LINE_H_
#define SAFE_TRACE_TRACER_EVENTS_JSON_LINE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tracer/events/trace_event.h"

namespace safe_trace {

inline constexpr int64_t kTraceSchemaVersion = 1;
// Of one string, or of all elements of one list together; what is over is cut and marked.
inline constexpr size_t kMaxFieldBytes = 64 * 1024;
// Of all values of one line together, before escaping (which multiplies by at most 6).
inline constexpr size_t kMaxLineValueBytes = 1024 * 1024;

enum class TextMode : uint8_t {
  kPlain,    // the text itself
  kEscaped,  // \xHH for bytes that are not UTF-8 or are controls, and every backslash doubled
};

// Appends `text` as a JSON string. False (and `out` is unspecified) where plain mode meets a byte
// that needs the escaped mode.
[[nodiscard]] bool AppendJsonString(std::string_view text, TextMode mode, std::string& out);
// Undoes the escaped mode on a value that was read back from JSON.
std::string UnescapeText(std::string_view text);

// "2026-11-22T10:15:00.000000001Z".
std::string FormatTimestamp(int64_t wall_clock_ns);
// Nanoseconds since the epoch; false where `text` does not have exactly that form.
bool ParseTimestamp(std::string_view text, int64_t& wall_clock_ns);

// Formats the lines of one run. Not thread-safe.
class LineFormatter {
 public:
  explicit LineFormatter(std::string run_id) : run_id_(std::move(run_id)) {}

  // Appends the line without a newline. A key that `event` holds twice is written once, with its
  // last value; keys that the writer itself sets are left out.
  void Append(const TraceEvent& event, int64_t sequence, std::string_view prev_hash,
              std::string& out);

 private:
  bool AppendInMode(const TraceEvent& event, int64_t sequence, std::string_view prev_hash,
                    TextMode mode, std::string& out);
  void AppendTimestamp(int64_t wall_clock_ns, std::string& out);

  std::string run_id_;
  int64_t cached_second_ = -1;
  std::string cached_text_;  // of cached_second_, up to the seconds
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_JSON_LINE_H_
