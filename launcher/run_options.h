// The options of a run, declared once: for parsing and for the help text.
#ifndef SAFE_TRACE_LAUNCHER_RUN_OPTIONS_H_
#define SAFE_TRACE_LAUNCHER_RUN_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "launcher/launch_options.h"

namespace safe_trace {

// The raw values behind the options, and the CLI11 app that fills them. Lives for one parse; not
// movable because the app points into it.
class RunOptionParser {
 public:
  // With `for_policy` the options of `safe-trace policy` are there too (--for).
  explicit RunOptionParser(bool for_policy);
  RunOptionParser(const RunOptionParser&) = delete;
  RunOptionParser& operator=(const RunOptionParser&) = delete;

  CLI::App& app() { return app_; }
  // `words` are options and their values only, each value joined to its long option with '='.
  absl::Status Parse(const std::vector<std::string>& words);
  // What was parsed, checked. `command` is left empty but for --for.
  absl::StatusOr<LaunchOptions> Build() const;

 private:
  struct Raw {
    std::vector<std::string> sinks, allow_host, allow_read, allow_write, grant, hide, hide_env,
        keep_env;
    std::string memory, cpus, pids, timeout, ask_timeout;
    std::string on_violation, log_level, require;
    std::string config, profile, output, for_command, lock, sign_key;
    bool help = false, version = false, fail_on_violation = true, offline = false, quiet = false,
         json = false, ask = false, locked = false, compress = false;
  };
  void DeclareAccess();
  void DeclareViolations();
  void DeclareLimits();
  void DeclareOutput(bool for_policy);

  absl::Status BuildLists(Config& config) const;
  absl::Status BuildLimits(Config& config) const;
  absl::Status BuildChoices(LaunchOptions& options) const;

  Raw raw_;
  CLI::App app_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RUN_OPTIONS_H_
