// The program behind `safe-trace trace`.
#ifndef SAFE_TRACE_TOOLS_TRACE_TRACE_TOOL_H_
#define SAFE_TRACE_TOOLS_TRACE_TRACE_TOOL_H_

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "tools/trace/command_line.h"
#include "tools/trace/display_text.h"

namespace safe_trace {

// Returns the exit status. Confines the whole process before it reads: for a program of its own.
int RunTraceTool(const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment, const Terminal& terminal,
                 std::ostream& out, std::ostream& err);

// The same after the command line, without confining. `directory` is where runs are looked up.
int ExecuteTraceCommand(const TraceCommand& command, const std::string& directory,
                        const Terminal& terminal, std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_TRACE_TOOL_H_
