#include "launcher/run_policy.h"

#include <cstdio>

#include "launcher/concat.h"
#include "launcher/host_facts_reader.h"
#include "launcher/terminal_text.h"
#include "policy/credential_catalog.h"

namespace safe_trace {
namespace {

absl::StatusOr<const Profile*> ProfileFor(const LaunchOptions& options,
                                          const std::vector<std::string>& command,
                                          const std::string& executable) {
  if (!options.profile.has_value()) return &RecognizeProfile(command, executable);
  std::string all;
  for (const Profile& profile : ShippedProfiles()) {
    if (profile.name == *options.profile) return &profile;
    all += Concat(all.empty() ? "" : ", ", profile.name);
  }
  return absl::InvalidArgumentError(Concat("--profile '", EscapeAndShorten(*options.profile, 40),
                                           "': there is no such profile; wanted one of ", all));
}

}  // namespace

absl::StatusOr<RunPolicy> BuildRunPolicy(const LaunchOptions& options,
                                         const std::vector<std::string>& command,
                                         const std::string& executable,
                                         const ConfigLocations& locations) {
  absl::StatusOr<LoadedConfig> loaded =
      LoadConfig(locations, options.config_file, options.overrides);
  if (!loaded.ok()) return loaded.status();
  for (const std::string& notice : loaded->notices) {
    std::fprintf(stderr, "safe-trace: %s\n", notice.c_str());
  }
  absl::StatusOr<const Profile*> profile = ProfileFor(options, command, executable);
  if (!profile.ok()) return profile.status();
  absl::StatusOr<HostFacts> facts = ReadHostFacts(command, executable, **profile);
  if (!facts.ok()) return facts.status();
  AddCatalogLinks(ShippedCatalog(), *facts);
  absl::StatusOr<std::unique_ptr<const Policy>> policy =
      Policy::Build(*facts, loaded->config, ShippedCatalog(), **profile);
  if (!policy.ok()) return policy.status();
  return RunPolicy{std::move(loaded->config), *std::move(facts), *profile, *std::move(policy)};
}

}  // namespace safe_trace
