// The places that a manager's own configuration names, as its profile says where to look.
#ifndef SAFE_TRACE_LAUNCHER_MANAGER_SETTINGS_H_
#define SAFE_TRACE_LAUNCHER_MANAGER_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "launcher/registry_hosts.h"
#include "launcher/registry_settings.h"
#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

struct ManagerSettings {
  std::map<std::string, std::vector<std::string>> paths;  // canonical, by the setting's name
  std::vector<std::string> notices;                       // fit for a terminal
};

// From `profile.settings`: all values of all files, at most 16 of a name. What a file of the
// project names outside the project counts only where the user trusts the file's very content, and
// is told in a notice. A file that cannot be read or understood names nothing: ReadRegistryHosts
// tells. `facts` needs no more than its directories, homes and environment. Starts no process.
ManagerSettings ReadManagerSettings(const HostFacts& facts, const Profile& profile,
                                    const TrustedProjectFiles& trust);

// The paths in `settings`, of one text, that `setting` asks for.
std::vector<std::string> PathsInSettings(const ManagerSetting& setting, const std::string& file,
                                         const std::vector<RegistrySetting>& settings,
                                         const HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_MANAGER_SETTINGS_H_
