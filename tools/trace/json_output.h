// The machine-readable forms.
#ifndef SAFE_TRACE_TOOLS_TRACE_JSON_OUTPUT_H_
#define SAFE_TRACE_TOOLS_TRACE_JSON_OUTPUT_H_

#include <string>
#include <string_view>

namespace safe_trace {

// `text` as a JSON string; bytes that JSON cannot hold as they are become \xHH text.
std::string JsonText(std::string_view text);

// A line of a trace that was parsed, for printing: DEL and C1 controls, which JSON allows raw and
// terminals obey, as \u escapes. The JSON value stays the same.
std::string JsonLineForOutput(std::string_view line);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_JSON_OUTPUT_H_
