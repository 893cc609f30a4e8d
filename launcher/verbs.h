// Does what the command line says.
#ifndef SAFE_TRACE_LAUNCHER_VERBS_H_
#define SAFE_TRACE_LAUNCHER_VERBS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "launcher/command_line.h"

namespace safe_trace {

// safe-trace itself failed and nothing was run.
inline constexpr int kExitOwnFailure = 125;

// Parses and does; returns the exit status. Does not return when a companion program took over.
int RunArguments(const std::vector<std::string>& arguments);

// "safe-trace: MESSAGE" on standard error; returns kExitOwnFailure. The message may have lines.
int Fail(const absl::Status& status);

// Where the program "safe-trace-NAME" is: in the directory of `own_executable`, or in
// ../libexec/safe-trace from there. NotFound lists the places.
absl::StatusOr<std::string> FindCompanion(std::string_view name, std::string_view own_executable);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_VERBS_H_
