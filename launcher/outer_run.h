// safe-trace started inside a run of safe-trace.
#ifndef SAFE_TRACE_LAUNCHER_OUTER_RUN_H_
#define SAFE_TRACE_LAUNCHER_OUTER_RUN_H_

#include <string>

namespace safe_trace {

// True where this process is traced, under a seccomp filter, by a process that is called as
// safe-trace is: a second tracer is impossible, and the first goes on. Somebody who could make this
// true without safe-trace already controls the process as its tracer. `proc`: "/proc".
bool IsInsideRun(const std::string& proc = "/proc");

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_OUTER_RUN_H_
