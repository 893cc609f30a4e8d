// From fork to exec: the child confines itself and becomes the command.
#ifndef SAFE_TRACE_LAUNCHER_SANDBOX_CHILD_H_
#define SAFE_TRACE_LAUNCHER_SANDBOX_CHILD_H_

#include <signal.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "launcher/resource_limits.h"
#include "tracer/filter/seccomp_filter.h"
#include "tracer/supervisor/supervisor.h"

namespace safe_trace {

// Everything that the child needs, made ready before the fork: after it nothing may be allocated.
struct ChildPlan {
  std::string path;                     // of the program
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  SeccompProgram filter;
  int ruleset_fd = -1;                  // -1: no Landlock
  ResourceLimits limits;
  int processors = 0;                   // --cpus: at most so many; 0: all
  bool drop_capabilities = false;       // under root
  mode_t file_mode_mask = 022;          // umask, as the launcher was started with
  sigset_t signal_mask{};               // as the launcher was started with
  std::vector<int> kept_descriptors;    // besides 0, 1, 2; ascending
};

// Forks, seizes the child, lets it confine itself and takes over its listener. The child then waits
// in its exec for the supervisor. Errors say which step failed and what that means; the child is
// gone then. Call on the thread that will supervise, while it is the only one that forks.
absl::StatusOr<SeizedChild> StartChild(const ChildPlan& plan);

// Descriptors that the command line itself names (/dev/fd/N, /proc/self/fd/N) and that are open.
std::vector<int> DescriptorsNamedBy(const std::vector<std::string>& arguments);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_SANDBOX_CHILD_H_
