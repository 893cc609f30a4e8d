// The parallel lists of docs/trace-schema.md in which an event carries a call stack.
#ifndef SAFE_TRACE_TRACER_STACKS_FRAME_LISTS_H_
#define SAFE_TRACE_TRACER_STACKS_FRAME_LISTS_H_

#include <string>
#include <utility>
#include <vector>

#include "tracer/events/trace_event.h"

namespace safe_trace {

class FrameLists {
 public:
  void Add(std::string source, std::string location, std::string function, std::string package,
           std::string build_id) {
    sources_.push_back(std::move(source));
    locations_.push_back(std::move(location));
    functions_.push_back(std::move(function));
    packages_.push_back(std::move(package));
    build_ids_.push_back(std::move(build_id));
  }

  void SetOn(TraceEvent& event) {
    event.Set("safe_trace.stack.source", std::move(sources_));
    event.Set("safe_trace.stack.location", std::move(locations_));
    event.Set("safe_trace.stack.function", std::move(functions_));
    event.Set("safe_trace.stack.package", std::move(packages_));
    event.Set("safe_trace.stack.build_id", std::move(build_ids_));
  }

 private:
  std::vector<std::string> sources_;
  std::vector<std::string> locations_;
  std::vector<std::string> functions_;
  std::vector<std::string> packages_;
  std::vector<std::string> build_ids_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_FRAME_LISTS_H_
