// The paths that a profile's templates stand for at one exec. Pure.
#ifndef SAFE_TRACE_POLICY_PATH_TEMPLATE_H_
#define SAFE_TRACE_POLICY_PATH_TEMPLATE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

struct TemplateFacts {
  std::string working_directory;
  std::string project;  // the root of the project
  std::string home;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::vector<std::string>> settings;  // as in HostFacts
  std::vector<std::string> install_targets;
  std::vector<std::string> temporary_directories;
  std::string executable;              // canonical path of what runs
  std::vector<std::string> arguments;  // argv
  std::vector<std::string> command;    // the command line that the user gave the manager
  size_t script_index = 0;             // index in `arguments` of what the rule's pattern matched
  std::function<std::string(const std::string& path)> read_file;  // as in ExecFacts; may be empty
};

// What templates stand for when a manager is started as `facts` say: the facts of its command. For
// an exec beneath it the caller puts in what that exec says. Without `read_file`.
TemplateFacts TemplatesOfHost(const HostFacts& facts);

// Understood in `tmpl`:
//   {cwd}            the working directory
//   {project}        the root of the project that the manager was started in
//   {setting:NAME}   each path that the manager's configuration gives for that [[setting]]
//   {exe}            the canonical path of what runs
//   {exe:GLOB}       the shortest leading path of it that GLOB matches
//   {path-prefix}    of each directory of PATH that ends in "/bin" what stands before that
//   {after:PREFIX}   of each argument after the matched script that begins with PREFIX the rest:
//                    {after:incremental=} of "-C incremental=/x" is /x
//   {command:GLOB}   each word of the command line that the user gave the manager, if GLOB matches
//   {cwd:GLOB}       the shortest leading path of it that GLOB (MatchesPathGlob) matches
//   {home}           the home
//   {cache}          $XDG_CACHE_HOME, else {home}/.cache
//   {install}        each install target
//   {tmp}            each temporary directory
//   {exe-prefix}     the executable's directory without its last component ("/venv" of /venv/bin/x)
//   {arg:N}          the Nth argument after the matched script; 0 is the script itself
//   {env:NAME}       each element of a colon-separated variable
//   {env:NAME:GLOB}  of each element the shortest leading path that GLOB matches:
//                    {env:PATH:/**/pip-build-env-*} of /tmp/pip-build-env-x/bin:/bin is
//                    /tmp/pip-build-env-x
//   {option:--name}  the value of an option after the matched script: "--name V", "--name=V"
//   {quoted:N:GLOB}  each text in double quotes in the Nth argument (code of Python) that GLOB matches
//   {config}         $XDG_CONFIG_HOME, else {home}/.config
//   {json:FILE:a.b}  the string (or each of a list of strings) at a.b of a small JSON file;
//                    FILE may hold templates itself
// An unknown template gives nothing. A relative result is taken from the working directory. Results
// are absolute, lexically normalised, without "..", not "/" and not the home itself; at most 64 of
// them. A template that cannot be expanded gives nothing.
std::vector<std::string> ExpandTemplate(const std::string& tmpl, const TemplateFacts& facts);
// The same for any text: what stands in the template, neither made absolute nor normalised.
std::vector<std::string> ExpandTextTemplate(const std::string& tmpl, const TemplateFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PATH_TEMPLATE_H_
