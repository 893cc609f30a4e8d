// The first and the last line of a trace, and the one that says what was not written.
#ifndef SAFE_TRACE_TRACER_EVENTS_RUN_LINES_H_
#define SAFE_TRACE_TRACER_EVENTS_RUN_LINES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tracer/events/trace_event.h"
#include "tracer/run_summary.h"

namespace safe_trace {

struct TraceHeader {
  std::vector<std::string> command;  // argv
  std::string working_directory;
  std::vector<std::string> kernel_features;  // "landlock=7"
  std::vector<std::string> enforcement;      // one mechanism each: "landlock: on"
  std::string policy_digest;
  std::vector<std::pair<std::string, FieldValue>> extra;  // further keys of the first line
};

TraceEvent RunStartEvent(const TraceHeader& header);
TraceEvent RunEndEvent(const RunSummary& summary);
TraceEvent EventsDroppedEvent(uint64_t count);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_RUN_LINES_H_
