// What was asked of the kernel and what it really enforces, as a value.
#ifndef SAFE_TRACE_LAUNCHER_ENFORCEMENT_REPORT_H_
#define SAFE_TRACE_LAUNCHER_ENFORCEMENT_REPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "tracer/events/trace_event.h"

namespace safe_trace {

struct EnforcedMechanism {
  std::string name;   // "landlock", "supervisor", "capabilities": a part of a field's name
  bool asked = true;  // false: not wanted in this run ("memory_limit" without --memory)
  bool enforced = false;
  std::string detail;  // "ABI 7", or why it is missing
};

class EnforcementReport {
 public:
  void Add(std::string name, bool asked, bool enforced, std::string detail);

  const std::vector<EnforcedMechanism>& mechanisms() const { return mechanisms_; }
  // True when something was asked for and everything asked for is enforced.
  bool full() const;
  // "enforced: landlock (ABI 7), supervisor" and, where something is missing, a second line
  // "NOT enforced: capabilities (why)". No line end at the end.
  std::string ToText() const;
  // "safe_trace.enforcement.full" and one "safe_trace.enforcement.NAME" for each mechanism:
  // "enforced", "missing" or "not asked", then ": detail" where there is one.
  std::vector<std::pair<std::string, FieldValue>> ToFields() const;

 private:
  std::vector<EnforcedMechanism> mechanisms_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_ENFORCEMENT_REPORT_H_
