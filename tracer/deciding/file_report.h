// How refusals and notable uses of files are put into words and into the trace.
#ifndef SAFE_TRACE_TRACER_DECIDING_FILE_REPORT_H_
#define SAFE_TRACE_TRACER_DECIDING_FILE_REPORT_H_

#include <string>
#include <string_view>

#include "policy/decision.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"

namespace safe_trace {

// "read", "write", "run".
std::string_view AccessVerb(Access access);

// Reports a decision about `path`; `verb` as in "tried to <verb> <path>".
void ReportFileDecision(Reporter& reporter, const SyscallInvocation& call, const Process& process,
                        const Decision& decision, std::string_view verb, std::string_view action,
                        std::string_view path, Access access);
// Records an allowed use (full log level).
void ReportFileUse(Reporter& reporter, const SyscallInvocation& call, const Process& process,
                   const Decision& decision, std::string_view action, std::string_view path,
                   Access access, std::string_view mechanism);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_FILE_REPORT_H_
