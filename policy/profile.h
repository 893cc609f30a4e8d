// What a manager is and needs, read from policy/profiles/*.toml (embedded at build time).
#ifndef SAFE_TRACE_POLICY_PROFILE_H_
#define SAFE_TRACE_POLICY_PROFILE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/access_request.h"

namespace safe_trace {

// What the supervisor itself read about a new image at its exec. Hostile once the caller is a
// package; believed only when the caller is a manager.
struct ExecFacts {
  std::string executable;                // canonical path of what really runs
  std::vector<std::string> arguments;    // bounded copy of argv
  std::vector<std::string> environment;  // bounded copy, "NAME=value"
  std::string working_directory;         // canonical
  // Reads a small file for the rule (PKG-INFO, input.json); at most 64 KiB, "" where it cannot be
  // read. `path` absolute. The tracer supplies it; tests supply a map.
  std::function<std::string(const std::string& path)> read_file;
};

// One rule of `[[exec]]`: when it matches the exec of a manager process, the new image gets a role.
struct ExecRule {
  std::string id;                      // "pip.build-backend"
  std::vector<std::string> arguments;  // patterns, each must match some argument, in this order
  std::vector<std::string> environment_set;  // names that must be present
  Role role = Role::kPackage;
  std::string name_from;               // how name and version are found: see docs/adding-a-manager
  std::vector<std::string> reads;      // templates: "{cwd}", "{arg:N}", "{env:PYTHONPATH}", ...
  std::vector<std::string> writes;
};

struct Profile {
  std::string name;                        // "pip", "generic"
  Role role = Role::kCommand;              // of the command itself
  std::vector<std::string> programs;       // base names (globs) that are this manager: "pip", "pip3*"
  std::vector<std::string> modules;        // python -m NAME
  std::vector<std::string> own_credentials;  // catalogue ids, paths given back: "credential.netrc"
  std::vector<std::string> own_variables;  // name globs that are kept: "PIP_*"
  std::vector<std::string> writes;         // templates: "{home}/.cache/pip", "{cwd}", "{install}"
  std::vector<std::string> default_hosts;  // where nothing is configured
  // Hosts that a configured host implies: "pypi.org" -> "files.pythonhosted.org".
  std::vector<std::pair<std::string, std::string>> companion_hosts;
  std::vector<std::string> path_options;   // options whose value is a path to write: "--target"
  std::vector<ExecRule> exec_rules;
};

// One profile's text; `origin` names it in errors. Unknown keys are errors.
absl::StatusOr<Profile> ParseProfile(std::string_view toml, std::string_view origin);
// All shipped profiles, "generic" last.
const std::vector<Profile>& ShippedProfiles();
// The profile whose program or module the command line starts, "generic" where none does.
const Profile& RecognizeProfile(const std::vector<std::string>& arguments,
                                std::string_view executable);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PROFILE_H_
