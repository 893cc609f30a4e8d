// Whether what was read is the whole trace, for the verbs that show something else of it.
#ifndef SAFE_TRACE_TOOLS_TRACE_WHOLENESS_H_
#define SAFE_TRACE_TOOLS_TRACE_WHOLENESS_H_

#include <ostream>
#include <string>

#include "tracer/events/trace_verifier.h"

namespace safe_trace {

// True for a complete trace, and for one that is whole so far while its run goes on.
bool IsWhole(const TraceCheck& check, bool is_being_written);

// Says on `err` what is missing or changed. Returns the exit status: 0 where it IsWhole, else 1.
int SayWhetherWhole(const std::string& path, const TraceCheck& check, bool is_being_written,
                    std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_WHOLENESS_H_
