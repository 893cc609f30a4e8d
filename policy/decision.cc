#include "policy/decision.h"

namespace safe_trace {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
      return "allow";
    case Verdict::kHide:
      return "hide";
    case Verdict::kDeny:
      return "deny";
    case Verdict::kKill:
      return "kill";
  }
  return "deny";
}

}  // namespace safe_trace
