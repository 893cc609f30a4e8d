// From options to the policy of a run: configuration, profile, facts.
#ifndef SAFE_TRACE_LAUNCHER_RUN_POLICY_H_
#define SAFE_TRACE_LAUNCHER_RUN_POLICY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "launcher/config_files.h"
#include "launcher/launch_options.h"
#include "launcher/startup_files.h"
#include "policy/allowances.h"
#include "policy/host_facts.h"
#include "policy/policy.h"
#include "policy/profile.h"

namespace safe_trace {

struct RunPolicy {
  Config config;
  HostFacts facts;
  const Profile* profile = nullptr;  // shipped: lives as long as the program
  std::unique_ptr<const Policy> policy;
  std::shared_ptr<StartupFiles> startup_files;  // of all managers of the run
  std::shared_ptr<Allowances> allowances;       // consulted by all policies of the run
  std::shared_ptr<const BehaviourLock> lock;    // null: the run is not locked
};

// `executable`: the program as found. Notices of the configuration go to standard error.
absl::StatusOr<RunPolicy> BuildRunPolicy(const LaunchOptions& options,
                                         const std::vector<std::string>& command,
                                         const std::string& executable,
                                         const ConfigLocations& locations);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RUN_POLICY_H_
