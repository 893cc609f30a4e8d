#include "policy/profile.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "policy/document.h"
#include "policy/embedded_data.h"
#include "policy/path_pattern.h"
#include "policy/table_reader.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

std::optional<Role> ParseRole(std::string_view text) {
  if (text == "manager") return Role::kManager;
  if (text == "package") return Role::kPackage;
  if (text == "project") return Role::kProject;
  if (text == "program") return Role::kProgram;
  if (text == "command") return Role::kCommand;
  return std::nullopt;
}

// A role must be said: no default is safe for both a profile and an exec rule.
void ReadRole(TableReader& table, Role& role) {
  const DocumentNode* node = table.Find("role");
  if (!table.ok()) return;
  const std::optional<Role> parsed = node == nullptr ? std::nullopt : ParseRole(node->text);
  if (!parsed) {
    return table.Fail(node == nullptr ? table.line() : node->line,
                      "'role' must be manager, package, project, program or command");
  }
  role = *parsed;
}

void ReadExecRule(TableReader& table, Profile& profile) {
  ExecRule rule;
  table.Read("id", rule.id);
  table.Read("arguments", rule.arguments);
  table.Read("arguments_absent", rule.arguments_absent);
  table.Read("environment_set", rule.environment_set);
  ReadRole(table, rule.role);
  table.Read("name_from", rule.name_from);
  table.Read("reads", rule.reads);
  table.Read("writes", rule.writes);
  if (rule.id.empty()) table.Fail(table.line(), "an [[exec]] needs an id");
  if (rule.arguments.empty() && rule.environment_set.empty()) {
    table.Fail(table.line(), "an [[exec]] without arguments and environment_set matches anything");
  }
  profile.exec_rules.push_back(std::move(rule));
}

void ReadProfile(TableReader& file, Profile& profile) {
  file.Read("name", profile.name);
  ReadRole(file, profile.role);
  file.Read("programs", profile.programs);
  file.Read("modules", profile.modules);
  file.Read("own_credentials", profile.own_credentials);
  file.Read("own_variables", profile.own_variables);
  file.Read("writes", profile.writes);
  file.Read("default_hosts", profile.default_hosts);
  file.Read("companion_hosts", profile.companion_hosts);
  file.Read("path_options", profile.path_options);
  file.Read("default_variables", profile.default_variables);
  file.Tables("command", [&](TableReader& table) {
    CommandWrites command;
    table.Read("names", command.commands);
    table.Read("options", command.options);
    table.Read("writes", command.writes);
    profile.command_writes.push_back(std::move(command));
  });
  file.Tables("exec", [&](TableReader& table) { ReadExecRule(table, profile); });
  if (profile.name.empty()) file.Fail(file.line(), "a profile needs a name");
}

std::vector<Profile> LoadShipped() {
  std::vector<Profile> profiles;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (!file.name.starts_with("profiles/")) continue;
    absl::StatusOr<Profile> profile = ParseProfile(file.text, file.name);
    if (!profile.ok()) {
      // The tests read every shipped file: this is a broken build, and no run is safe with it.
      std::fprintf(stderr, "safe-trace: built-in profile: %s\n",
                   std::string(profile.status().message()).c_str());
      std::abort();
    }
    profiles.push_back(*std::move(profile));
  }
  std::stable_partition(profiles.begin(), profiles.end(),
                        [](const Profile& profile) { return profile.name != "generic"; });
  if (profiles.empty() || profiles.back().name != "generic") {
    std::fprintf(stderr, "safe-trace: built-in profile 'generic' is missing\n");
    std::abort();
  }
  return profiles;
}

}  // namespace

absl::StatusOr<Profile> ParseProfile(std::string_view toml, std::string_view origin) {
  absl::StatusOr<DocumentNode> document = ParseDocument(toml, ConfigFormat::kToml, origin);
  if (!document.ok()) return document.status();
  Profile profile;
  absl::Status status;
  TableReader file(*document, "", origin, status);
  ReadProfile(file, profile);
  file.Finish();
  if (!status.ok()) return status;
  return profile;
}

const std::vector<Profile>& ShippedProfiles() {
  static const std::vector<Profile>* const profiles = new std::vector<Profile>(LoadShipped());
  return *profiles;
}

}  // namespace safe_trace
