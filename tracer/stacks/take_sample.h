// Takes a sample of a stopped thread's stack.
#ifndef SAFE_TRACE_TRACER_STACKS_TAKE_SAMPLE_H_
#define SAFE_TRACE_TRACER_STACKS_TAKE_SAMPLE_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/arch/x86_64.h"
#include "tracer/stacks/stack_sample.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// The executable mappings of files in the text of /proc/PID/maps, at most kMaximumMappings.
std::vector<SampledMapping> ParseMappings(std::string_view maps);

// The thread must be in a ptrace stop. Reads at most kMaximumStackBytes of its stack and 4 MiB of
// /proc/PID/maps. NotFound where the task is gone.
absl::StatusOr<StackSample> TakeStackSample(const TraceeMemory& memory, pid_t tid,
                                            const Registers& registers);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_TAKE_SAMPLE_H_
