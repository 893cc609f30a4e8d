// Finds and reads the lock of a run (--locked).
#ifndef SAFE_TRACE_LAUNCHER_LOCK_FILE_H_
#define SAFE_TRACE_LAUNCHER_LOCK_FILE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "launcher/config_files.h"
#include "launcher/launch_options.h"
#include "policy/behaviour_lock.h"
#include "policy/host_facts.h"

namespace safe_trace {

inline constexpr char kLockFileName[] = "safe-trace.lock";

// Null without --locked. The lock is --lock FILE, else safe-trace.lock in the working directory,
// else that at the root of the project. A lock that is missing, malformed, or another user's is an
// error that names it: nothing must run then.
absl::StatusOr<std::shared_ptr<const BehaviourLock>> LoadLock(const LaunchOptions& options,
                                                              const ConfigLocations& locations,
                                                              const HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_LOCK_FILE_H_
