// Trust in a project's file that names registries (`safe-trace policy trust .npmrc`).
#ifndef SAFE_TRACE_LAUNCHER_REGISTRY_TRUST_H_
#define SAFE_TRACE_LAUNCHER_REGISTRY_TRUST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "launcher/registry_hosts.h"
#include "policy/profile.h"

namespace safe_trace {

// True where a profile asks for a registry file of this base name.
bool IsRegistryFileName(const std::string& path, const std::vector<Profile>& profiles);

// Records the SHA-256 of the regular file `path` (absolute) as trusted and returns what to tell the
// user: the digest, and the hosts that the file names. InvalidArgument where no profile reads it,
// or none that does understands it.
absl::StatusOr<std::string> TrustRegistryFile(const std::string& path,
                                              const TrustedProjectFiles& trust,
                                              const std::vector<Profile>& profiles);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_REGISTRY_TRUST_H_
