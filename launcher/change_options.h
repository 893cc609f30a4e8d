// How the changes that a run made on disk are told.
#ifndef SAFE_TRACE_LAUNCHER_CHANGE_OPTIONS_H_
#define SAFE_TRACE_LAUNCHER_CHANGE_OPTIONS_H_

#include "policy/host_facts.h"
#include "tracer/supervisor/change_report.h"

namespace safe_trace {

// PATH and the places of many programs from `facts`; `each_file` as in ChangeReportOptions.
ChangeReportOptions ChangeOptionsFor(const HostFacts& facts, bool each_file);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_CHANGE_OPTIONS_H_
