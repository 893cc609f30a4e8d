// The hosts of registries that a manager's configuration names, as its profile says where to look.
#ifndef SAFE_TRACE_LAUNCHER_REGISTRY_HOSTS_H_
#define SAFE_TRACE_LAUNCHER_REGISTRY_HOSTS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

// Where `safe-trace policy trust` remembers project files, and whose list that is.
struct TrustedProjectFiles {
  std::string state_directory;  // may be empty: nothing is trusted
  uid_t user = 0;
};

struct RegistryHosts {
  std::vector<HostPort> hosts;       // no host and port twice; never a user name or password
  bool default_replaced = false;     // the profile's default hosts do not count
  std::vector<std::string> notices;  // fit for a terminal, without "safe-trace:"
};

// From `profile.registries`: variables, options and URLs on the command line (neither with
// `facts.nested`), files; and HTTP_PROXY and its kin. Files of the project count only where the
// user trusts their very content; hosts that only such a file names are told in a notice, as are
// files that do not count because of their syntax, size or owner. A profile without registries has
// no hosts. ResourceExhausted beyond 256 hosts. Starts no process.
absl::StatusOr<RegistryHosts> ReadRegistryHosts(const HostFacts& facts, const Profile& profile,
                                                const TrustedProjectFiles& trust);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_REGISTRY_HOSTS_H_
