// The environment that the command starts with.
#ifndef SAFE_TRACE_LAUNCHER_CHILD_ENVIRONMENT_H_
#define SAFE_TRACE_LAUNCHER_CHILD_ENVIRONMENT_H_

#include <functional>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace safe_trace {

struct ChildEnvironment {
  std::vector<std::string> variables;  // "NAME=value", in the order they came
  std::vector<std::string> removed;    // names, each once, sorted; never a value
};

// True where the variable must not reach the child.
using VariableHider = std::function<bool(const VariableRequest&)>;

// Leaves out what `hides` says, puts `shim_path` first in LD_PRELOAD (nothing is preloaded where it
// is empty or holds a separator of that list, a blank or a colon), and tells the shim the removed
// names in ST_REMOVED_VARIABLES, at most 4 KiB, whole names only. Entries without '=' stay.
ChildEnvironment ScrubEnvironment(const VariableHider& hides,
                                  const std::vector<std::string>& environment,
                                  const std::string& shim_path);

// The same with what `policy` hides from `subject`.
ChildEnvironment ScrubEnvironment(const Policy& policy, const Subject& subject,
                                  const std::vector<std::string>& environment,
                                  const std::string& shim_path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_CHILD_ENVIRONMENT_H_
