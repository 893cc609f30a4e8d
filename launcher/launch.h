// Runs one command under supervision, from policy to exit status.
#ifndef SAFE_TRACE_LAUNCHER_LAUNCH_H_
#define SAFE_TRACE_LAUNCHER_LAUNCH_H_

#include "launcher/launch_options.h"

namespace safe_trace {

// Returns the process's exit status (docs: "Exit status"). Everything said goes to standard error.
int Launch(const LaunchOptions& options);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_LAUNCH_H_
