// `safe-trace trace query`: the events that fit, or how many of each.
#ifndef SAFE_TRACE_TOOLS_TRACE_QUERY_H_
#define SAFE_TRACE_TOOLS_TRACE_QUERY_H_

#include <ostream>
#include <string>
#include <vector>

#include "tools/trace/display_text.h"
#include "tools/trace/event_filter.h"

namespace safe_trace {

struct QueryRequest {
  std::vector<EventFilter> filters;  // all must hold
  std::string count_name;            // "": the events themselves; else the key as the user wrote it
  std::vector<std::string> count_keys;
  bool json = false;
};

// Streams the traces at `paths`. Returns 0 where something fitted, 1 where nothing did, and 2 where
// a trace could not be read, is none, or nothing fitted in one that is only readable in part.
int QueryTraces(const std::vector<std::string>& paths, const QueryRequest& request,
                const Terminal& terminal, std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_QUERY_H_
