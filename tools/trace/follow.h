// `safe-trace trace follow`: a run as it goes on, in another terminal.
#ifndef SAFE_TRACE_TOOLS_TRACE_FOLLOW_H_
#define SAFE_TRACE_TOOLS_TRACE_FOLLOW_H_

#include <csignal>
#include <ostream>
#include <string>

#include "tools/trace/display_text.h"

namespace safe_trace {

// Shows every event that is there and every one that comes, until the run's summary, the death of
// its writer, or `stop`. Returns 0 at the summary, 1 where the writer is gone without one or it is
// no trace, 2 where it cannot be read, 130 when stopped.
int FollowTrace(const std::string& path, bool json, const Terminal& terminal,
                const volatile std::sig_atomic_t& stop, std::ostream& out, std::ostream& err);

// Makes SIGINT and SIGTERM set the flag that it returns.
const volatile std::sig_atomic_t& StopFlagOfSignals();

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_FOLLOW_H_
