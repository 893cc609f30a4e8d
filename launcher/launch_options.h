// What the command line asked for, as a value.
#ifndef SAFE_TRACE_LAUNCHER_LAUNCH_OPTIONS_H_
#define SAFE_TRACE_LAUNCHER_LAUNCH_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/config.h"

namespace safe_trace {

enum class LogLevel : uint8_t { kDefault, kFull };
enum class Require : uint8_t { kBestEffort, kFull };

struct LaunchOptions {
  std::vector<std::string> command;      // the command and its arguments, never empty
  Config overrides;                      // options that configuration files know too
  std::optional<std::string> config_file;   // --config
  bool guard = false;                       // the verb: packages are held while they are imported
  std::optional<std::string> profile;       // --profile
  std::optional<std::string> output_file;   // -o: the trace's path instead of the state directory
  LogLevel log_level = LogLevel::kDefault;
  Require require = Require::kBestEffort;   // --require full
  bool locked = false;                   // --locked: what the lock does not have is refused
  std::optional<std::string> lock_file;  // --lock: instead of safe-trace.lock
  bool ask = false;                      // --ask: about hosts, on the terminal
  uint64_t ask_timeout_seconds = 60;     // --ask-timeout
  bool quiet = false;                    // -q: violations only
  bool json = false;                     // --json: the summary as JSON on standard error
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_LAUNCH_OPTIONS_H_
