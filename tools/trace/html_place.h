// What kind of place a path is, for the page's matrix.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_PLACE_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_PLACE_H_

#include <string_view>

namespace safe_trace {

// "credentials", "project", "system", ... `rule` is the rule that decided, "" where none did, and
// counts before the path, because it knows the machine.
std::string_view PlaceOf(std::string_view path, std::string_view rule,
                         std::string_view working_directory);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_PLACE_H_
