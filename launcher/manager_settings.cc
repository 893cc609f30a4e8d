#include "launcher/manager_settings.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/registry_files.h"
#include "launcher/registry_settings.h"
#include "launcher/terminal_text.h"
#include "launcher/trusted_files.h"
#include "policy/lexical_path.h"
#include "policy/path_pattern.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

constexpr size_t kMostPaths = 16;
constexpr size_t kMostShown = 5;
constexpr size_t kMostPathBytes = 4096;

bool IsAskedFor(const ManagerSetting& setting, std::string_view key) {
  return std::any_of(setting.keys.begin(), setting.keys.end(),
                     [&](const std::string& glob) { return MatchesGlob(glob, key); });
}

std::string BaseOf(const ManagerSetting& setting, const std::string& file, const HostFacts& facts) {
  if (setting.relative_to == "project") return facts.Project();
  if (setting.relative_to == "file") return ParentOf(file);
  if (setting.relative_to == "above-file") return ParentOf(ParentOf(file));
  return facts.working_directory;
}

bool IsTrustedText(const RegistryFile& file, const std::string& text,
                   const TrustedProjectFiles& trust) {
  absl::StatusOr<bool> trusted =
      IsTrusted(trust.state_directory, trust.user, Sha256Hex(text), file.path);
  return trusted.ok() && *trusted;
}

void AddTo(std::vector<std::string>& paths, const std::string& path) {
  const bool known = std::find(paths.begin(), paths.end(), path) != paths.end();
  if (!known && paths.size() < kMostPaths) paths.push_back(path);
}

void Notice(const std::string& file, std::vector<std::string> ignored, const HostFacts& facts,
            std::vector<std::string>& notices) {
  const size_t more = ignored.size() > kMostShown ? ignored.size() - kMostShown : 0;
  ignored.resize(ignored.size() - more);
  for (std::string& path : ignored) path = ShownPath(path, facts.home);
  if (more > 0) ignored.push_back(Concat(more, " more"));
  notices.push_back(
      Concat(ShownPath(file, facts.home),
             " belongs to the project and is not trusted; places outside the project that it names "
             "are ignored: ",
             absl::StrJoin(ignored, ", ")));
  notices.push_back(Concat("to trust that file as it is now: safe-trace policy trust ",
                           EscapeForTerminal(ShellQuote(file))));
}

}  // namespace

std::vector<std::string> PathsInSettings(const ManagerSetting& setting, const std::string& file,
                                         const std::vector<RegistrySetting>& settings,
                                         const HostFacts& facts) {
  const bool expands = setting.format == "ini" || setting.format == "yaml";
  std::vector<std::string> paths;
  for (const RegistrySetting& found : settings) {
    if (!IsAskedFor(setting, found.key)) continue;
    std::string value = expands ? ExpandVariables(found.value, facts.environment) : found.value;
    const bool from_home = value == "~" || value.starts_with("~/");
    if (from_home) value = facts.home.empty() ? "" : Concat(facts.home, value.substr(1));
    // What still holds a brace is a placeholder of the manager's own.
    if (value.empty() || value.size() > kMostPathBytes ||
        value.find_first_of("{}\n") != std::string::npos || value.find('\0') != std::string::npos) {
      continue;
    }
    AddTo(paths, CanonicalPath(AbsolutePath(BaseOf(setting, file, facts), value)));
  }
  return paths;
}

ManagerSettings ReadManagerSettings(const HostFacts& facts, const Profile& profile,
                                    const TrustedProjectFiles& trust) {
  ManagerSettings result;
  const TemplateFacts templates = TemplatesOfCommand(facts, profile);
  std::map<std::string, std::vector<std::string>> ignored;  // by file
  for (const ManagerSetting& setting : profile.settings) {
    for (const RegistryFile& file : RegistryFiles(setting, facts, templates)) {
      absl::StatusOr<std::string> text = ReadRegistryFile(file, trust.user);
      if (!text.ok()) continue;
      absl::StatusOr<std::vector<RegistrySetting>> settings =
          ParseRegistrySettings(*text, setting.format, file.path);
      if (!settings.ok()) continue;
      const std::vector<std::string> paths = PathsInSettings(setting, file.path, *settings, facts);
      if (paths.empty()) continue;
      const bool believed = !file.is_project || IsTrustedText(file, *text, trust);
      for (const std::string& path : paths) {
        const bool counts = believed || IsWithin(path, facts.Project());
        AddTo(counts ? result.paths[setting.name] : ignored[file.path], path);
      }
    }
  }
  for (auto& [file, paths] : ignored) Notice(file, std::move(paths), facts, result.notices);
  return result;
}

}  // namespace safe_trace
