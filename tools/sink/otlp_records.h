// Lines of a trace as OTLP log records in JSON (opentelemetry-proto 1.x, ExportLogsServiceRequest).
#ifndef SAFE_TRACE_TOOLS_SINK_OTLP_RECORDS_H_
#define SAFE_TRACE_TOOLS_SINK_OTLP_RECORDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sink/event_queue.h"

namespace safe_trace {

struct OtlpResource {
  std::string run_id;
  std::string host_name;
  std::string version;
};

// One request. Every key of a line becomes an attribute of that name; a line that is no JSON object
// becomes a record whose body is the line.
std::string OtlpRequest(const std::vector<EventQueue::Event>& events, const OtlpResource& resource);

// How many records the collector's answer says that it rejected; 0 where it says nothing.
uint64_t RejectedOf(const std::string& answer);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_SINK_OTLP_RECORDS_H_
