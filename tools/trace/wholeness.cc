#include "tools/trace/wholeness.h"

#include "tools/trace/display_text.h"

namespace safe_trace {

bool IsWhole(const TraceCheck& check, bool is_being_written) {
  if (check.state == TraceState::kUnfinished) return is_being_written;
  return check.state == TraceState::kComplete;
}

int SayWhetherWhole(const std::string& path, const TraceCheck& check, bool is_being_written,
                    std::ostream& err) {
  if (IsWhole(check, is_being_written)) return 0;
  err << "safe-trace trace: " << SafeText(path) << ": "
      << SafeText(DescribeCheck(check, is_being_written)) << "\n";
  return 1;
}

}  // namespace safe_trace
