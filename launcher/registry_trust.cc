#include "launcher/registry_trust.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/host_paths.h"
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
std::vector<RegistrySource> SourcesOf(const std::string& path,
                                      const std::vector<Profile>& profiles) {
  const std::string name = BaseNameOf(path);
  std::vector<RegistrySource> sources;
  for (const Profile& profile : profiles) {
    for (const RegistrySource& source : profile.registries) {
      const bool asks =
          std::any_of(source.files.begin(), source.files.end(), [&](const std::string& tmpl) {
            return !name.empty() && tmpl.find('/') != std::string::npos && BaseNameOf(tmpl) == name;
          });
      if (asks) sources.push_back(source);
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

std::string HostLine(std::vector<std::string> names) {
  if (names.empty()) return "hosts:   none that can be told from the file alone";
  const size_t more = names.size() > kMostShownHosts ? names.size() - kMostShownHosts : 0;
  names.resize(names.size() - more);
  if (more > 0) names.push_back(Concat(more, " more"));
  return Concat("hosts:   ", absl::StrJoin(names, ", "));
}

}  // namespace

bool IsRegistryFileName(const std::string& path, const std::vector<Profile>& profiles) {
  return !SourcesOf(path, profiles).empty();
}

absl::StatusOr<std::string> TrustRegistryFile(const std::string& path,
                                              const TrustedProjectFiles& trust,
                                              const std::vector<Profile>& profiles) {
  const std::string shown = EscapeForTerminal(path);
  const std::vector<RegistrySource> sources = SourcesOf(path, profiles);
  absl::StatusOr<std::string> text = ReadSmallFile(path, kMostBytes);
  if (!text.ok())
    return absl::Status(text.status().code(),
                        EscapeForTerminal(std::string(text.status().message())));
  absl::Status failure =
      absl::InvalidArgumentError(Concat(shown, ": no package manager reads its registries there"));
  std::vector<std::string> names;
  bool understood = false;
  for (const RegistrySource& source : sources) {
    absl::StatusOr<std::vector<RegistrySetting>> settings =
        ParseRegistrySettings(*text, source.format, shown);
    if (!settings.ok()) {
      failure = settings.status();
      continue;
    }
    understood = true;
    AddHosts(source, *settings, names);
  }
  if (!understood) return failure;
  const std::string digest = Sha256Hex(*text);
  absl::Status status = AddTrusted(trust.state_directory, trust.user, digest, path);
  if (!status.ok()) return status;
  return Concat("trusted: ", shown, "\nsha256:  ", digest, "\n", HostLine(std::move(names)),
                "\nAny change to the file ends this trust.");
}

}  // namespace safe_trace
