// Which terminals belong to this invocation: those of its streams and that of its session.
#ifndef SAFE_TRACE_LAUNCHER_OWN_TERMINALS_H_
#define SAFE_TRACE_LAUNCHER_OWN_TERMINALS_H_

#include <string>
#include <vector>

namespace safe_trace {

// Paths of the device nodes, each once; none where there is no terminal, or none that this mount
// namespace can name.
std::vector<std::string> OwnTerminals();

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_OWN_TERMINALS_H_
