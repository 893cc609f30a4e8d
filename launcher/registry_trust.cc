#include "launcher/registry_trust.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/manager_settings.h"
#include "launcher/registry_settings.h"
#include "launcher/registry_values.h"
#include "launcher/terminal_text.h"
#include "launcher/trusted_files.h"
#include "policy/path_pattern.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;
constexpr size_t kMostShownHosts = 20;

// Of every profile, those that ask for a file of this base name.
struct Sources {
  std::vector<RegistrySource> registries;
  std::vector<ManagerSetting> settings;
  bool empty() const { return registries.empty() && settings.empty(); }
};

bool AsksFor(const ConfigurationSource& source, const std::string& name) {
  return std::any_of(source.files.begin(), source.files.end(), [&](const std::string& tmpl) {
    return !name.empty() && tmpl.find('/') != std::string::npos && BaseNameOf(tmpl) == name;
  });
}

Sources SourcesOf(const std::string& path, const std::vector<Profile>& profiles) {
  const std::string name = BaseNameOf(path);
  Sources sources;
  for (const Profile& profile : profiles) {
    for (const RegistrySource& source : profile.registries) {
      if (AsksFor(source, name)) sources.registries.push_back(source);
    }
    for (const ManagerSetting& setting : profile.settings) {
      if (AsksFor(setting, name)) sources.settings.push_back(setting);
    }
  }
  return sources;
}

void AddHosts(const RegistrySource& source, const std::vector<RegistrySetting>& settings,
              std::vector<std::string>& names) {
  for (const RegistrySetting& setting : settings) {
    const bool asked =
        std::any_of(source.keys.begin(), source.keys.end(),
                    [&](const std::string& glob) { return MatchesGlob(glob, setting.key); });
    if (!asked) continue;
    for (const HostPort& host : HostsInValue(setting.value, source.form, "")) {
      std::string name = Concat(EscapeForTerminal(host.host), ":", host.port);
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(std::move(name));
      }
    }
  }
}

void AddPlaces(const ManagerSetting& setting, const std::string& file,
               const std::vector<RegistrySetting>& settings, std::vector<std::string>& names) {
  HostFacts facts;
  facts.working_directory = ParentOf(file);
  if (const char* home = getenv("HOME"); home != nullptr && *home == '/') facts.home = home;
  for (const std::string& path : PathsInSettings(setting, file, settings, facts)) {
    std::string name = EscapeForTerminal(path);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
}

std::string ListLine(std::string_view title, std::vector<std::string> names) {
  if (names.empty()) return Concat(title, "none that can be told from the file alone");
  const size_t more = names.size() > kMostShownHosts ? names.size() - kMostShownHosts : 0;
  names.resize(names.size() - more);
  if (more > 0) names.push_back(Concat(more, " more"));
  return Concat(title, absl::StrJoin(names, ", "));
}

}  // namespace

bool IsRegistryFileName(const std::string& path, const std::vector<Profile>& profiles) {
  return !SourcesOf(path, profiles).empty();
}

absl::StatusOr<std::string> TrustRegistryFile(const std::string& path,
                                              const TrustedProjectFiles& trust,
                                              const std::vector<Profile>& profiles) {
  const std::string shown = EscapeForTerminal(path);
  const Sources sources = SourcesOf(path, profiles);
  absl::StatusOr<std::string> text = ReadSmallFile(path, kMostBytes);
  if (!text.ok())
    return absl::Status(text.status().code(),
                        EscapeForTerminal(std::string(text.status().message())));
  absl::Status failure =
      absl::InvalidArgumentError(Concat(shown, ": no package manager reads its registries or places there"));
  std::vector<std::string> names, places;
  bool understood = false;
  const auto parse = [&](const ConfigurationSource& source) {
    absl::StatusOr<std::vector<RegistrySetting>> settings =
        ParseRegistrySettings(*text, source.format, shown);
    if (!settings.ok()) failure = settings.status();
    understood = understood || settings.ok();
    return settings.ok() ? *std::move(settings) : std::vector<RegistrySetting>();
  };
  for (const RegistrySource& source : sources.registries) AddHosts(source, parse(source), names);
  for (const ManagerSetting& setting : sources.settings) {
    AddPlaces(setting, path, parse(setting), places);
  }
  if (!understood) return failure;
  const std::string digest = Sha256Hex(*text);
  absl::Status status = AddTrusted(trust.state_directory, trust.user, digest, path);
  if (!status.ok()) return status;
  return Concat("trusted: ", shown, "\nsha256:  ", digest, "\n",
                ListLine("hosts:   ", std::move(names)),
                places.empty() ? "" : "\n" + ListLine("places:  ", std::move(places)),
                "\nAny change to the file ends this trust.");
}

}  // namespace safe_trace
