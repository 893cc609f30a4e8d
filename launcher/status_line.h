// What the user sees on standard error. Pure formatting; whoever calls writes.
#ifndef SAFE_TRACE_LAUNCHER_STATUS_LINE_H_
#define SAFE_TRACE_LAUNCHER_STATUS_LINE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policy/decision.h"
#include "tracer/run_summary.h"

namespace safe_trace {

struct ViolationLine {
  std::string_view subject;  // "package evil@1.0 (pip)"
  std::string_view doing;    // "read ~/.aws/credentials"
  Verdict verdict = Verdict::kDeny;
  std::string_view rule_id;
  // The option to copy, "--allow-read /srv/data"; shown only where copying it into a shell means
  // just that: the value is quoted here, whatever supervised code put into it.
  std::string_view how_to_allow;
  bool never_allowed = false;  // said instead: no option would let it pass
};

// One line without its end, at most 400 columns, nothing in it that could drive a terminal:
// "safe-trace: package evil@1.0 (pip) tried to read ~/.aws/credentials: hidden (credential.aws)".
std::string FormatViolation(const ViolationLine& line, bool colour);

// A few lines, each with its end.
std::string FormatSummary(const RunSummary& summary, bool colour);
// One JSON object on one line, without its end. Bytes that are not UTF-8 appear as \xHH.
std::string SummaryJson(const RunSummary& summary);

// Keeps a noisy tree from flooding the terminal: at most 20 lines that are the same and 200 in all;
// the trace has every one. Owned by whoever reports, on its thread. Memory is bounded by the 200.
class ViolationLimiter {
 public:
  static constexpr uint64_t kSameLimit = 20;
  static constexpr uint64_t kTotalLimit = 200;

  // What to print for this line: the line, the line and a note that the rest goes to the trace
  // only, or "".
  std::string Admit(const std::string& line);
  // "safe-trace: 1234 more violations are in the trace", "" where none was held back.
  std::string Closing() const;

 private:
  std::unordered_map<std::string, uint64_t> shown_;
  uint64_t total_ = 0;
  uint64_t held_back_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_STATUS_LINE_H_
