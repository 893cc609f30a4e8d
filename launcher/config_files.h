// Finds, reads and overlays the configuration of a run.
#ifndef SAFE_TRACE_LAUNCHER_CONFIG_FILES_H_
#define SAFE_TRACE_LAUNCHER_CONFIG_FILES_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/config.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {

// Where to look; a value so that tests can look elsewhere.
struct ConfigLocations {
  std::string system_directory;   // /etc/safe-trace
  std::string user_directory;     // $XDG_CONFIG_HOME/safe-trace; empty where there is no home
  std::string state_directory;    // $XDG_STATE_HOME/safe-trace; holds `trusted`; may be empty
  std::string working_directory;  // for ./safe-trace.toml and relative paths
  // The root of the project, the working directory or above it; empty: the working directory. Its
  // safe-trace.toml and those of the directories between count as well.
  std::string project;
  std::string home;               // for a leading "~"; may be empty
  uid_t user = 0;                 // files of this user and of root are believed
};

// Of the calling process. A relative XDG variable is ignored, as its specification says.
absl::StatusOr<ConfigLocations> FindConfigLocations();

struct LoadedConfig {
  Config config;
  std::vector<std::string> files;    // that were read, in order
  std::vector<std::string> notices;  // for standard error, one sentence or two each, escaped
};

// Overlays: system, user, ./safe-trace.toml, `config_file`, `overrides` (the command line). Paths
// of lists come back absolute; where the canonical form differs both are there. Every failure
// (malformed, unreadable, not believed) is an error that names the file: nothing must run then.
absl::StatusOr<LoadedConfig> LoadConfig(const ConfigLocations& locations,
                                        const std::optional<std::string>& config_file,
                                        const Config& overrides);

// Records the SHA-256 of a project's file ("" means ./safe-trace.toml; else that, or one in which a
// package manager names its registries) as trusted, after checking that it parses. Returns what to
// tell the user.
absl::StatusOr<std::string> TrustProjectFile(const ConfigLocations& locations,
                                             const std::string& path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_CONFIG_FILES_H_
