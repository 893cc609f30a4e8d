// Turns a FloorPlan into a Landlock ruleset descriptor. Nothing is restricted here: the task that is
// to be confined calls landlock_restrict_self with the descriptor.
#ifndef SAFE_TRACE_TRACER_FLOOR_LANDLOCK_RULESET_H_
#define SAFE_TRACE_TRACER_FLOOR_LANDLOCK_RULESET_H_

#include "absl/status/statusor.h"
#include "policy/floor_plan.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// The running kernel's Landlock ABI; 0 where there is none or it is switched off.
int LandlockAbi();

// Handles every file-system right that `abi` knows, TCP bind and connect (ABI >= 4: no rule, so all
// is refused), device ioctls (>= 5), and scopes abstract sockets and signals (>= 6). Paths of the
// plan that are gone, or that are symlinks, are skipped. The descriptor is close-on-exec.
struct LandlockRuleset {
  UniqueFd fd;
  FloorPlan granted;  // those of the plan's grants that became rules
};
absl::StatusOr<LandlockRuleset> BuildLandlockFloor(const FloorPlan& plan, int abi);
// The same, for who need not know what was skipped.
absl::StatusOr<UniqueFd> BuildLandlockRuleset(const FloorPlan& plan, int abi);

// Confines the calling thread and its future children with this ruleset. Async-signal-safe.
// no_new_privs must be set. Returns 0 or an errno value.
int RestrictSelf(int ruleset_fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_FLOOR_LANDLOCK_RULESET_H_
