// `safe-trace policy show | explain WHAT | trust [FILE]`.
#ifndef SAFE_TRACE_LAUNCHER_POLICY_VERB_H_
#define SAFE_TRACE_LAUNCHER_POLICY_VERB_H_

#include "launcher/command_line.h"

namespace safe_trace {

// Prints on standard output; returns the exit status. Runs nothing.
int RunPolicyVerb(const CommandLine& line);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_POLICY_VERB_H_
