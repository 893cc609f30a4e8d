// What a manager is and needs, read from policy/profiles/*.toml (embedded at build time).
#ifndef SAFE_TRACE_POLICY_PROFILE_H_
#define SAFE_TRACE_POLICY_PROFILE_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  // Globs, each must match some argument, in this order; here `*` matches '/' and newlines too.
  std::vector<std::string> arguments;
  std::vector<std::string> arguments_absent;  // globs that no argument may match
  std::vector<std::string> environment_set;  // names that must be present
  Role role = Role::kPackage;
  std::string name_from;               // how name and version are found: see docs/adding-a-manager
  std::vector<std::string> reads;      // templates: "{cwd}", "{arg:N}", "{env:PYTHONPATH}", ...
  std::vector<std::string> writes;
};

// What one command of a manager writes in addition: `pip download` fills the working directory.
struct CommandWrites {
  std::vector<std::string> commands;  // the manager's first word that is no option: "download"
  std::vector<std::string> options;   // one of these must be given ("-e"); empty: always
  std::vector<std::string> writes;    // templates
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
  std::vector<CommandWrites> command_writes;
  // Variables given to the command where the user has not set them. See the profile for why.
  std::vector<std::pair<std::string, std::string>> default_variables;
  std::vector<ExecRule> exec_rules;
};

// The index in `arguments` of what the rule's first pattern matched, when the whole rule matches
// this exec; -1 where it does not. A rule without patterns matches at index 0.
int MatchExecRule(const ExecRule& rule, const ExecFacts& facts);
// The writes of `profile.command_writes` that this command line calls for, as templates.
std::vector<std::string> WritesOfCommand(const Profile& profile,
                                         const std::vector<std::string>& arguments);
// The values of `profile.path_options` on this command line, in both forms ("-t DIR", "-tDIR",
// "--target DIR", "--target=DIR"), as written. For PIP_TARGET and the like see the profile's
// writes. At most 64.
std::vector<std::string> PathOptionValues(const Profile& profile,
                                          const std::vector<std::string>& arguments);

// One profile's text; `origin` names it in errors. Unknown keys are errors.
absl::StatusOr<Profile> ParseProfile(std::string_view toml, std::string_view origin);
// All shipped profiles, "generic" last.
const std::vector<Profile>& ShippedProfiles();
// The profile whose program or module the command line starts, "generic" where none does.
const Profile& RecognizeProfile(const std::vector<std::string>& arguments,
                                std::string_view executable);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PROFILE_H_
