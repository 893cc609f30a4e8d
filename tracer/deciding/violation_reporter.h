// Where handlers say what happened: one line to the user when it is a violation, one to the trace.
#ifndef SAFE_TRACE_TRACER_DECIDING_VIOLATION_REPORTER_H_
#define SAFE_TRACE_TRACER_DECIDING_VIOLATION_REPORTER_H_

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "policy/decision.h"
#include "tracer/events/trace_event.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

class Reporter {
 public:
  virtual ~Reporter() = default;

  // Fills in who (process.*, package.*, safe_trace.role), the rule and the verdict, then records.
  // `event` carries the action, category and what it was about. A violation also becomes a line on
  // standard error: "<subject> tried to <doing>: <verdict> (<rule>)[; <how_to_allow>]".
  // `doing`: "read ~/.aws/credentials"; `how_to_allow`: the flag to copy, may be empty.
  virtual void ReportDecision(const Process& process, const Decision& decision, TraceEvent event,
                              std::string_view doing, std::string_view how_to_allow) = 0;
  // `path` may be about to change (it is allowed); `before` is what is there, null for nothing.
  virtual void NoteChange(const Process& process, std::string_view path,
                          const struct stat* before) = 0;
  // What a language's hook in the process says of the calls that led to a refused one.
  virtual void NoteFrames(const Process& /*process*/, std::string_view /*text*/) {}
  // Something worth a line in the trace that needed no decision.
  virtual void ReportEvent(const Process& process, TraceEvent event) = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_VIOLATION_REPORTER_H_
