// The hosts that a package manager's own configuration names, read without starting it.
#ifndef SAFE_TRACE_LAUNCHER_PACKAGE_MANAGER_H_
#define SAFE_TRACE_LAUNCHER_PACKAGE_MANAGER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "policy/host_facts.h"

namespace safe_trace {

// For `pip ...` and `python -m pip ...` in `facts.arguments`: indexes (pypi.org where nothing
// replaces it, none with --no-index), --find-links, proxies, direct URLs on the command line and in
// requirements files. Sources, as pip weighs them: command line, PIP_* and *_PROXY variables,
// pip.conf files. Each entry says where it came from; no host and port twice; never a user name or
// password. ResourceExhausted where a file or list is beyond its bound. Starts no process.
absl::StatusOr<std::vector<HostPort>> PipHosts(const HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PACKAGE_MANAGER_H_
