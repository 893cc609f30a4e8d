// Where pip will put what it installs.
#ifndef SAFE_TRACE_LAUNCHER_INSTALL_TARGETS_H_
#define SAFE_TRACE_LAUNCHER_INSTALL_TARGETS_H_

#include <string>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

// Hierarchies, canonical. A virtual environment: all of it. Otherwise the parts of the
// interpreter's scheme that wheels fill (libraries, scripts, headers, and of the data root share,
// etc and man), Debian's below PREFIX/local; and the user scheme with --user, PIP_USER or where the
// global one cannot be written. PIP_TARGET, PIP_PREFIX and PIP_ROOT are added. Empty where the
// command runs no Python that is known.
std::vector<std::string> PipInstallTargets(const HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_INSTALL_TARGETS_H_
