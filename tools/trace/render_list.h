#ifndef SAFE_TRACE_TOOLS_TRACE_RENDER_LIST_H_
#define SAFE_TRACE_TOOLS_TRACE_RENDER_LIST_H_

#include <ostream>
#include <vector>

#include "tools/trace/display_text.h"
#include "tools/trace/run_catalog.h"

namespace safe_trace {

void RenderList(const std::vector<RunEntry>& runs, const Terminal& terminal, std::ostream& out);
// One JSON object a line: run_id, path, started, command, exit_status, violations, verdict; null
// where a run has not said it.
void RenderListJson(const std::vector<RunEntry>& runs, std::ostream& out);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_RENDER_LIST_H_
