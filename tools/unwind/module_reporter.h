// Tells libdw which files a sampled stack runs through.
#ifndef SAFE_TRACE_TOOLS_UNWIND_MODULE_REPORTER_H_
#define SAFE_TRACE_TOOLS_UNWIND_MODULE_REPORTER_H_

#include <elfutils/libdwfl.h>

#include <vector>

#include "tracer/stacks/stack_sample.h"

namespace safe_trace {

// The mappings that the stack may run through: those that hold the instruction pointer or any word
// of the stack. Reading the others' unwind tables would be for nothing.
std::vector<SampledMapping> MappingsOnStack(const StackSample& sample);

// Opens each mapping's file, if it is still the one that was mapped, and reports it at its place.
// What cannot be opened or is no ELF file is left out: its frames stay addresses.
void ReportModules(Dwfl* dwfl, const std::vector<SampledMapping>& mappings);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_UNWIND_MODULE_REPORTER_H_
