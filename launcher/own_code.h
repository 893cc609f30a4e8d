// Which directories hold a guarded program's own code.
#ifndef SAFE_TRACE_LAUNCHER_OWN_CODE_H_
#define SAFE_TRACE_LAUNCHER_OWN_CODE_H_

#include <string>

#include "policy/config.h"
#include "policy/host_facts.h"

namespace safe_trace {

// For ST_OWN_CODE: the working directory, its project, the directory of the script that `facts`
// give to an interpreter, those of PYTHONPATH and of [guard] own_code, as they are named and as
// they really lie; separated by colons. "/" is never among them.
std::string OwnCode(const HostFacts& facts, const Config& config);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_OWN_CODE_H_
