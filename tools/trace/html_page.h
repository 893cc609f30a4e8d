// The page around the data: its own files (page/), compiled in.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_PAGE_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_PAGE_H_

#include <string>
#include <string_view>

namespace safe_trace {

// One page without references to anything outside it. Its content security policy allows the one
// script and the one style of page/, by their hashes, and nothing else.
std::string AssemblePage(std::string_view data_block);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_PAGE_H_
