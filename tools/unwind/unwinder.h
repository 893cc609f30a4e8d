// Unwinds a sampled stack with libdw: by call frame information where a module has it, by frame
// pointers where it has none (Go, code generated at run time).
#ifndef SAFE_TRACE_TOOLS_UNWIND_UNWINDER_H_
#define SAFE_TRACE_TOOLS_UNWIND_UNWINDER_H_

#include <vector>

#include "tracer/stacks/stack_sample.h"

namespace safe_trace {

// Innermost first, at most kMaximumFrames; at least the frame of the instruction pointer. Sample
// and files are hostile: this is to be called in a confined process.
std::vector<NativeFrame> Unwind(const StackSample& sample);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_UNWIND_UNWINDER_H_
