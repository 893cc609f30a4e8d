#include "tracer/deciding/syscall_action.h"

namespace safe_trace {

std::string_view ContinueReasonName(ContinueReason reason) {
  switch (reason) {
    case ContinueReason::kRegistersOnly:
      return "registers_only";
    case ContinueReason::kFloorEnforced:
      return "floor_enforced";
    case ContinueReason::kAuditOnly:
      return "audit_only";
    case ContinueReason::kKernelMustRun:
      return "kernel_must_run";
  }
  return "unknown";
}

}  // namespace safe_trace
