// `safe-trace trace diff`: what one run did that an earlier one did not.
#ifndef SAFE_TRACE_TOOLS_TRACE_DIFF_H_
#define SAFE_TRACE_TOOLS_TRACE_DIFF_H_

#include <ostream>
#include <string>

#include "tools/trace/display_text.h"

namespace safe_trace {

// Returns 0 where `b` does nothing that `a` did not, 1 where it does, and 2 where a trace cannot be
// read, is none, or `b` shows nothing new but not everything that its run did either (cut, changed,
// still running, events dropped).
int DiffTraces(const std::string& a, const std::string& b, bool json, const Terminal& terminal,
               std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_DIFF_H_
