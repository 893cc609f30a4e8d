// `safe-trace guard --check PACKAGE...`: imports what packages have, to see what they try.
#ifndef SAFE_TRACE_LAUNCHER_GUARD_CHECK_H_
#define SAFE_TRACE_LAUNCHER_GUARD_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

// The command: python3, as PATH has it, which imports every module of these distributions and says
// a line of each on standard output. InvalidArgument where a word cannot be a name.
absl::StatusOr<std::vector<std::string>> CheckCommand(const std::vector<std::string>& packages);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_GUARD_CHECK_H_
