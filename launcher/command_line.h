// From argv to values. Reads nothing but its arguments.
#ifndef SAFE_TRACE_LAUNCHER_COMMAND_LINE_H_
#define SAFE_TRACE_LAUNCHER_COMMAND_LINE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "launcher/launch_options.h"

namespace safe_trace {

enum class Verb : uint8_t { kRun, kTrace, kPolicy, kDoctor, kHelp, kVersion };

struct CommandLine {
  Verb verb = Verb::kRun;
  LaunchOptions options;  // of kRun; of kPolicy, where `command` comes from --for and may be empty
  // kTrace: everything after the verb, as it was given. kPolicy: the action and what it is about.
  // kHelp: the topic, none for the program itself.
  std::vector<std::string> words;
};

// `arguments` without the program's name. An error's message is ready for the user: what is wrong
// and what to do. Unimplemented: the option or verb belongs to a later version.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments);

// The help of a topic ("" or "run": the program itself). NotFound names the nearest topic.
absl::StatusOr<std::string> HelpText(std::string_view topic);

// "safe-trace 0.1.0".
std::string VersionText();

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_COMMAND_LINE_H_
