// Gathers the input of a Policy from this machine and this invocation.
#ifndef SAFE_TRACE_LAUNCHER_HOST_FACTS_READER_H_
#define SAFE_TRACE_LAUNCHER_HOST_FACTS_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/credential_catalog.h"
#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

// What the facts are derived from; tests write it by hand.
struct HostSources {
  std::vector<std::string> environment;  // "NAME=value"
  std::string working_directory;
  uint32_t user_id = 0;
  bool nested = false;  // as in HostFacts
  // The project's root is not looked for above this directory, if it is given.
  std::string project_limit;
  std::string passwd_file = "/etc/passwd";
  std::vector<std::string> terminals;  // as in HostFacts
};

// Of this process. NotFound where the working directory is gone.
absl::StatusOr<HostSources> CurrentHost();

// `executable`: the program that will be run, as found (path_search) or canonical; empty: found
// from command[0]. Everything of HostFacts is filled in; `hosts` and `install_targets` only where
// the profile says how, and for pip. Starts no process; takes below 3 ms. InvalidArgument for an
// empty command; ResourceExhausted where the manager's configuration is beyond its bounds.
absl::StatusOr<HostFacts> ReadHostFacts(const std::vector<std::string>& command,
                                        const std::string& executable, const Profile& profile);
absl::StatusOr<HostFacts> ReadHostFacts(const std::vector<std::string>& command,
                                        const std::string& executable, const Profile& profile,
                                        const HostSources& sources);

// Fills `facts.links`: the catalogue's paths that exist and lead elsewhere through a symlink.
void AddCatalogLinks(const CredentialCatalog& catalog, HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_HOST_FACTS_READER_H_
