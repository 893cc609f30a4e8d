// What the launcher found out about this machine and this invocation: the input of a Policy.
// Values only; the launcher gathers them (launcher/host_facts_reader), tests write them by hand.
#ifndef SAFE_TRACE_POLICY_HOST_FACTS_H_
#define SAFE_TRACE_POLICY_HOST_FACTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace safe_trace {

// A host that may be reached. `port` 0 means any port.
struct HostPort {
  std::string host;  // lower-case name ("*.example.com" matches one or more labels) or IP literal
  uint16_t port = 0;
  std::string origin;  // for the trace: "pip configuration: index-url", "--allow-host"
  bool operator==(const HostPort&) const = default;
};

// All paths are canonical where they exist, lexically normalised where they do not.
struct HostFacts {
  std::string home;                // $HOME, else the user's entry in passwd; may be empty
  std::vector<std::string> homes;  // every home to protect, `home` first; all users' when root
  std::string working_directory;
  // The root of the project that the working directory belongs to: that, or a directory above it.
  // Empty: the working directory.
  std::string project;
  std::string command_executable;                  // the resolved program that will be run
  std::vector<std::string> arguments;              // the command's argv
  std::map<std::string, std::string> environment;  // the command's environment before scrubbing
  std::vector<std::string> temporary_directories;  // $TMPDIR, /tmp, /var/tmp, /dev/shm, existing
  std::vector<std::string> terminals;   // of the command's streams and session: device nodes
  std::vector<std::string> toolchains;  // roots that hold interpreters, compilers: read + execute
  std::vector<std::string> install_targets;    // where the manager installs: site-packages, scripts
  std::vector<std::string> environments;       // virtual environments directly in the project
  // By name: the paths that the manager's configuration gives for a [[setting]] of its profile.
  std::map<std::string, std::vector<std::string>> settings;
  std::vector<std::string> state_directories;  // safe-trace's own: configuration, traces
  std::vector<HostPort> hosts;                 // from the manager's own configuration and proxies
  bool default_hosts_replaced = false;         // the profile's default hosts do not count
  // The command line is not the user's own: a manager that something else started.
  bool nested = false;
  // The command is a script of a shell, as shims are, which may only start the manager proper.
  bool through_shell = false;
  std::vector<std::string> notices;  // what of the configuration does not count; fit for a terminal
  // Catalogued and protected paths (CatalogPaths in policy.h) that lie behind a symbolic link, with
  // the canonical path that is really reached: a linked ~/.ssh is guarded at both ends.
  std::map<std::string, std::string> links;
  uint32_t user_id = 0;

  const std::string& Project() const { return project.empty() ? working_directory : project; }

  // The value of a variable, "" where unset.
  std::string Variable(const std::string& name) const {
    auto it = environment.find(name);
    return it == environment.end() ? std::string() : it->second;
  }
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_HOST_FACTS_H_
