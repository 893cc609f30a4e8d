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

// One way to a package's name and version. Either `name` and `version` are templates of text, or
// `path` is one of a path in which the component (or components) after `after` tells both.
struct IdentitySource {
  std::string name;     // "{env:npm_package_name}"
  std::string version;  // "{env:npm_package_version}"
  std::string path;     // "{cwd}"
  // A glob on one component: "gems"; the last that matches counts. "": from the beginning.
  std::string after;
  // "name-version" (the version begins at the last '-' before a digit), "name/version",
  // "module@version" (over several components), "name" (no version; "@scope/name" too). Of a name:
  // "command", the first word of a shell's text.
  std::string form;
};

// One rule of `[[exec]]`: when it matches the exec of a manager process, the new image gets a role.
// In all globs here `*` matches '/' and newlines too.
struct ExecRule {
  std::string id;  // "pip.build-backend"
  std::vector<std::string> arguments;  // each must match some argument, in this order
  std::vector<std::string> arguments_absent;   // no argument may match
  std::vector<std::string> executables;        // one must match the canonical path; empty: any
  std::vector<std::string> working_directory;  // one must match; empty: any
  std::vector<std::string> environment_set;  // "NAME" must be present, "NAME=GLOB" match as well
  // The working directory must (not) lie in the project.
  std::optional<bool> in_project;
  Role role = Role::kPackage;
  // The code was fetched by this very run: as a manager that it starts, it gets no credentials.
  // With `identity`, where that gives a name: `go run .` is the user's own, `go run x@v1` is not.
  bool downloaded = false;
  std::string name_from;  // a finder in code: see docs/adding-a-manager
  std::vector<IdentitySource> identity;  // otherwise the first that gives a name
  std::vector<std::string> reads;        // templates: "{cwd}", "{arg:N}", "{env:PYTHONPATH}", ...
  std::vector<std::string> writes;
  // As writes, for places inside an install target or beneath a directory that the manager alone
  // writes (its cache), where `writes` gives nothing: the package's own "node_modules/NAME".
  std::vector<std::string> installed_writes;
  // A program of others that the manager runs for itself: git. Of what it starts in turn only rules
  // of helpers decide, and everything else stays manager. Never what the manager could have written.
  bool helper = false;
  std::vector<std::string> gives;  // catalogue ids given back to a helper, ssh: implies `helper`
};

// Keys of configuration files. The launcher reads them without the manager.
struct ConfigurationSource {
  // Templates of files ("{home}/.npmrc"; "{ancestors}/.cargo/config.toml" is asked for in the
  // working directory and each above it), their format and globs on dotted keys in them.
  std::vector<std::string> files;
  std::string format;  // "ini", "toml", "yaml", "json", "variables" (NAME=VALUE lines)
  std::vector<std::string> keys;
  // A file of the project: it counts once the user trusts the file.
  bool project = false;
};

// Where configuration names the hosts of registries.
struct RegistrySource : ConfigurationSource {
  std::vector<std::string> variables;  // globs on the names of variables
  std::vector<std::string> options;    // "--registry": its value on the command line
  // "url": words that are URLs. "proxy": a URL, its scheme may lack. "host": a name or a URL.
  std::string form = "url";
  // Where this names a host, the default hosts do not count any more.
  bool replaces_default = false;
};

// A place that the manager's own configuration names: {setting:NAME} in templates. What a file of
// the project that is not trusted names counts only inside the project.
struct ManagerSetting : ConfigurationSource {
  std::string name;
  // What a relative value is taken from: "working-directory", "project", "file" (the directory of
  // the file) or "above-file" (the directory above that: cargo's).
  std::string relative_to = "working-directory";
};

// A file that makes its directory the root of the projects beneath it.
struct WorkspaceMarker {
  std::string file;    // a base name
  std::string format;  // "toml", "yaml", "json"; needed for the keys
  std::string key;     // dotted; it must be there, whatever its value. Empty: the file is enough
  // Dotted keys of lists of globs on paths from the root. Where one is there, a project must match
  // a glob of it ("!GLOB" takes away again), and none of `excludes`.
  std::vector<std::string> members;
  std::vector<std::string> excludes;
};

// A variable given where the user has not set it: to the manager, or to the scripts that it starts.
struct DefaultVariable {
  std::string name;
  std::string value;  // text, or a template; of several values the first whose `at` exists
  // Templates of paths with as many values as `value`; "" where nothing must exist. `at` chooses,
  // `needs` must exist as well: the first `node` of PATH, if its headers are there.
  std::string at;
  std::string needs;
  bool for_scripts = false;
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
  std::vector<std::string> installs;       // templates: where it installs what others then import
  // Templates of globs: files that make later runs start differently ("{install}/*.pth"). What a run
  // leaves of them is told to the user.
  std::vector<std::string> startup_files;
  std::vector<RegistrySource> registries;
  std::vector<ManagerSetting> settings;
  // Base names. The project is the nearest directory, from the working directory up, that holds one.
  std::vector<std::string> project_markers;
  std::vector<WorkspaceMarker> workspaces;  // above that one: the nearest that claims it
  std::vector<std::string> own_credentials;  // catalogue ids, paths given back: "credential.netrc"
  std::vector<std::string> own_variables;  // name globs that are kept: "PIP_*"
  std::vector<std::string> writes;         // templates: "{home}/.cache/pip", "{cwd}", "{install}"
  // Templates: where it builds, outside the project too. Package code has its own directories there.
  // They are made before the run, as `makes` are.
  std::vector<std::string> builds;
  // Templates of directories in the home that are made before the run: beside hidden files, what is
  // made later could not be run.
  std::vector<std::string> makes;
  std::vector<std::string> default_hosts;  // where nothing is configured
  std::vector<std::string> standing_hosts;  // whatever is configured
  // Hosts that a configured host implies: "pypi.org" -> "files.pythonhosted.org".
  std::vector<std::pair<std::string, std::string>> companion_hosts;
  std::vector<std::string> path_options;   // options whose value is a path to write: "--target"
  // Commands (words that are globs) that publish or change what is published: "pu*", "npm tag". And
  // those of other programs for the same registries, the program's name first: "twine upload".
  std::vector<std::string> publishes;
  std::vector<std::string> publishers;
  // Options that take no value: the word behind one is the command. "--silent".
  std::vector<std::string> switches;
  // Of a guarded program, while it imports packages: base names (globs) of the system's programs
  // that may be started, and templates of places that may be written.
  std::vector<std::string> import_programs;
  std::vector<std::string> import_writes;
  std::vector<CommandWrites> command_writes;
  std::vector<DefaultVariable> default_variables;
  std::vector<ExecRule> exec_rules;
  bool pep503_names = false;  // "Foo.Bar" and "foo-bar" are the same package
};

// The index in `arguments` of what the rule's first pattern matched, when the whole rule matches
// this exec; -1 where it does not. A rule without patterns matches at index 0. `project`: the root
// of the project.
int MatchExecRule(const ExecRule& rule, const ExecFacts& facts, std::string_view project);
// "sh", "dash", "bash", "zsh": what runs scripts that start other programs.
bool IsShellName(std::string_view base_name);
// The index in `arguments` just behind what names the manager ("pip", "python -m pip").
size_t ManagerWordsBegin(const Profile& profile, const std::vector<std::string>& arguments);
// The script that an interpreter is given, "" where none: "/usr/bin/npm" of `node /usr/bin/npm`.
std::string InterpretedScript(const std::vector<std::string>& arguments);
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
// The same without their tables ([[exec]], [[registry]], ...): reading all of them takes longer than
// starting a program.
const std::vector<Profile>& ShippedProfileHeads();
// The whole profile of that name, which must be one of ShippedProfileHeads. Thread-safe.
const Profile& ShippedProfile(const std::string& name);
// Whether the command line starts a program or module of the profile.
bool StartsProgramOf(const Profile& profile, const std::vector<std::string>& arguments,
                     std::string_view executable);
// The profile whose program or module the command line starts, "generic" where none does.
const Profile& RecognizeProfile(const std::vector<std::string>& arguments,
                                std::string_view executable);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PROFILE_H_
