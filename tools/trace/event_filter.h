// What `query` looks for: conditions on one event.
#ifndef SAFE_TRACE_TOOLS_TRACE_EVENT_FILTER_H_
#define SAFE_TRACE_TOOLS_TRACE_EVENT_FILTER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/events/trace_record.h"

namespace safe_trace {

enum class FilterTest : uint8_t {
  kEquals,   // one value is `value`; with an empty `value`: there is none
  kDiffers,  // there are values, and none is `value`
  kMatches,  // one value matches the glob `value`
};

struct EventFilter {
  std::vector<std::string> keys;  // of the schema; the values of all of them count together
  FilterTest test = FilterTest::kEquals;
  std::string value;
};

// True for KEY=..., KEY!=... and KEY~=... where KEY could be one: then it is no run and no file.
bool LooksLikeFilter(std::string_view argument);

// InvalidArgument where the key is unknown or the glob too long; the message says what there is.
absl::StatusOr<EventFilter> ParseFilter(std::string_view argument);

// The keys that a short name stands for, or the schema's key itself.
absl::StatusOr<std::vector<std::string>> KeysNamed(std::string_view name);
// "package, version, ..."
std::string ShortKeyNames();

bool Fits(const EventFilter& filter, const TraceRecord& record);

// Calls `use` with each value of each key, numbers and booleans as text, items of lists one by one,
// until it returns false. Empty texts are no values.
void ForEachValue(const TraceRecord& record, const std::vector<std::string>& keys,
                  const std::function<bool(std::string_view)>& use);

// `*`: any text, slashes included; `?`: one character (one byte where it is not UTF-8); a backslash
// takes the next one as it is. Takes at most |pattern| * |text| steps.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_EVENT_FILTER_H_
