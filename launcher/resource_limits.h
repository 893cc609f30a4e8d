// Limits that the kernel keeps for each process of the tree.
#ifndef SAFE_TRACE_LAUNCHER_RESOURCE_LIMITS_H_
#define SAFE_TRACE_LAUNCHER_RESOURCE_LIMITS_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "policy/config.h"

namespace safe_trace {

struct ResourceLimits {
  // Bytes of private writable memory of each process (RLIMIT_DATA: heap and anonymous maps).
  // RLIMIT_AS is not used: runtimes reserve address space that they never touch.
  std::optional<uint64_t> data_bytes;
  // RLIMIT_NPROC. The kernel counts the tasks of the whole user, not of the tree, and does not
  // enforce it for root or with CAP_SYS_RESOURCE: a coarse floor. The exact number (--pids) is
  // counted by the supervisor.
  std::optional<uint64_t> tasks_of_user;
};

// What `config` asks for, checked: InvalidArgument names the option, the value and what is
// accepted.
absl::Status ValidateLimits(const Config& config);

// `existing_tasks`: the tasks that the user already has (CountTasksOfUser), so that --pids leaves
// as many for the run whatever else is going on. Only looked at when --pids is asked for.
ResourceLimits LimitsFromConfig(const Config& config, uint64_t existing_tasks);

// Threads of all processes of a real user id, as far as /proc shows them. Takes milliseconds.
uint64_t CountTasksOfUser(uint32_t user_id);

// Between fork and exec; async-signal-safe. Never raises a limit; no core file ever (it would carry
// the environment and memory to disk). Returns 0 or an errno value.
int ApplyResourceLimits(const ResourceLimits& limits);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RESOURCE_LIMITS_H_
