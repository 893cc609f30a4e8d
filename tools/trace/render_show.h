#ifndef SAFE_TRACE_TOOLS_TRACE_RENDER_SHOW_H_
#define SAFE_TRACE_TOOLS_TRACE_RENDER_SHOW_H_

#include <ostream>

#include "tools/trace/display_text.h"
#include "tools/trace/run_view.h"

namespace safe_trace {

// Header, violations, processes, network.
void RenderRun(const RunView& view, bool all, const Terminal& terminal, std::ostream& out);
// One event of the time line that --all adds.
void RenderEvent(const TraceRecord& record, const Terminal& terminal, std::ostream& out);
// The last block.
void RenderSummary(const RunView& view, const Terminal& terminal, std::ostream& out);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_RENDER_SHOW_H_
