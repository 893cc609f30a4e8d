#include "policy/profile.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "policy/document.h"
#include "policy/embedded_data.h"
#include "policy/path_pattern.h"
#include "policy/shipped_data.h"
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

IdentitySource ReadIdentity(TableReader& table) {
  IdentitySource source;
  table.Read("name", source.name);
  table.Read("version", source.version);
  table.Read("path", source.path);
  table.Read("after", source.after);
  table.Read("form", source.form);
  static constexpr std::array<std::string_view, 4> kForms = {"name-version", "name/version",
                                                             "module@version", "name"};
  if (source.name.empty() == source.path.empty()) {
    table.Fail(table.line(), "an identity needs either 'name' or 'path'");
  } else if (source.path.empty() && !source.form.empty() && source.form != "command") {
    table.Fail(table.line(), "'form' of a name must be command");
  } else if (!source.path.empty() &&
             std::find(kForms.begin(), kForms.end(), source.form) == kForms.end()) {
    table.Fail(table.line(),
               "'form' must be name-version, name/version, module@version or name");
  }
  return source;
}

constexpr std::string_view kTreeFormats[] = {"toml", "yaml", "json"};
constexpr std::string_view kLineFormats[] = {"ini", "variables"};

template <size_t kCount>
bool IsOneOf(const std::string_view (&list)[kCount], std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

void ReadConfigurationSource(TableReader& table, ConfigurationSource& source) {
  std::optional<bool> project;
  table.Read("files", source.files);
  table.Read("format", source.format);
  table.Read("keys", source.keys);
  table.Read("project", project);
  source.project = project.value_or(false);
  if (!source.files.empty() && !IsOneOf(kTreeFormats, source.format) &&
      !IsOneOf(kLineFormats, source.format)) {
    table.Fail(table.line(), "'format' must be ini, toml, yaml, json or variables");
  }
  if (source.files.empty() != source.keys.empty()) {
    table.Fail(table.line(), "'files' and 'keys' belong together");
  }
}

void ReadSetting(TableReader& table, Profile& profile) {
  ManagerSetting setting;
  std::optional<std::string> relative_to;
  table.Read("name", setting.name);
  ReadConfigurationSource(table, setting);
  table.Read("relative_to", relative_to);
  setting.relative_to = relative_to.value_or(setting.relative_to);
  static constexpr std::string_view kBases[] = {"working-directory", "project", "file",
                                                "above-file"};
  if (setting.name.empty() || setting.files.empty()) {
    table.Fail(table.line(), "a [[setting]] needs a name, files and keys");
  } else if (!IsOneOf(kBases, setting.relative_to)) {
    table.Fail(table.line(),
               "'relative_to' must be working-directory, project, file or above-file");
  }
  profile.settings.push_back(std::move(setting));
}

void ReadWorkspace(TableReader& table, Profile& profile) {
  WorkspaceMarker marker;
  table.Read("file", marker.file);
  table.Read("format", marker.format);
  table.Read("key", marker.key);
  table.Read("members", marker.members);
  table.Read("excludes", marker.excludes);
  const bool reads = !marker.key.empty() || !marker.members.empty() || !marker.excludes.empty();
  if (marker.file.empty() || marker.file.find('/') != std::string::npos) {
    table.Fail(table.line(), "a [[workspace]] needs a 'file', a base name");
  } else if (reads && !IsOneOf(kTreeFormats, marker.format)) {
    table.Fail(table.line(), "'format' must be toml, yaml or json");
  }
  profile.workspaces.push_back(std::move(marker));
}

void ReadRegistry(TableReader& table, Profile& profile) {
  RegistrySource source;
  std::optional<bool> replaces;
  std::optional<std::string> form;
  table.Read("variables", source.variables);
  table.Read("options", source.options);
  ReadConfigurationSource(table, source);
  table.Read("form", form);
  table.Read("replaces_default", replaces);
  source.form = form.value_or("url");
  source.replaces_default = replaces.value_or(false);
  if (source.form != "url" && source.form != "proxy" && source.form != "host") {
    table.Fail(table.line(), "'form' must be url, proxy or host");
  }
  profile.registries.push_back(std::move(source));
}

void ReadVariable(TableReader& table, Profile& profile) {
  DefaultVariable variable;
  table.Read("name", variable.name);
  table.Read("value", variable.value);
  table.Read("at", variable.at);
  table.Read("needs", variable.needs);
  std::optional<bool> for_scripts;
  table.Read("for_scripts", for_scripts);
  variable.for_scripts = for_scripts.value_or(false);
  if (variable.name.empty()) table.Fail(table.line(), "a [[variable]] needs a name");
  profile.default_variables.push_back(std::move(variable));
}

void ReadExecRule(TableReader& table, Profile& profile) {
  ExecRule rule;
  std::optional<bool> downloaded, helper;
  table.Read("id", rule.id);
  table.Read("arguments", rule.arguments);
  table.Read("arguments_absent", rule.arguments_absent);
  table.Read("executables", rule.executables);
  table.Read("working_directory", rule.working_directory);
  table.Read("environment_set", rule.environment_set);
  table.Read("in_project", rule.in_project);
  ReadRole(table, rule.role);
  table.Read("downloaded", downloaded);
  rule.downloaded = downloaded.value_or(false);
  table.Read("name_from", rule.name_from);
  table.Tables("identity", [&](TableReader& source) { rule.identity.push_back(ReadIdentity(source)); });
  table.Read("reads", rule.reads);
  table.Read("writes", rule.writes);
  table.Read("installed_writes", rule.installed_writes);
  table.Read("helper", helper);
  table.Read("gives", rule.gives);
  rule.helper = helper.value_or(false) || !rule.gives.empty();
  if (rule.id.empty()) table.Fail(table.line(), "an [[exec]] needs an id");
  if (rule.arguments.empty() && rule.environment_set.empty() && rule.executables.empty() &&
      rule.working_directory.empty()) {
    table.Fail(table.line(),
               "an [[exec]] without arguments, executables, working_directory and "
               "environment_set matches anything");
  }
  if (rule.helper && rule.role != Role::kManager) {
    table.Fail(table.line(), "a helper has the role manager, also one that is given credentials");
  }
  profile.exec_rules.push_back(std::move(rule));
}

void ReadPublishing(TableReader& file, Profile& profile) {
  constexpr size_t kMostWords = 8;
  file.Read("publishes", profile.publishes);
  file.Read("publishers", profile.publishers);
  file.Read("switches", profile.switches);
  file.Read("import_programs", profile.import_programs);
  file.Read("import_writes", profile.import_writes);
  const auto has_words = [](const std::string& command, size_t least) {
    const size_t words = SplitSkipEmpty(command, ' ').size();
    return words >= least && words <= kMostWords;
  };
  for (const std::string& command : profile.publishes) {
    if (!has_words(command, 1)) file.Fail(file.line(), "'publishes' needs words of a command");
  }
  for (const std::string& command : profile.publishers) {
    if (!has_words(command, 2)) {
      file.Fail(file.line(), "'publishers' needs a program and words of its command");
    }
  }
}

void ReadProfile(TableReader& file, Profile& profile) {
  file.Read("name", profile.name);
  ReadRole(file, profile.role);
  file.Read("programs", profile.programs);
  file.Read("modules", profile.modules);
  file.Read("own_credentials", profile.own_credentials);
  file.Read("own_variables", profile.own_variables);
  file.Read("writes", profile.writes);
  file.Read("builds", profile.builds);
  file.Read("makes", profile.makes);
  file.Read("project_markers", profile.project_markers);
  file.Read("default_hosts", profile.default_hosts);
  file.Read("standing_hosts", profile.standing_hosts);
  file.Read("companion_hosts", profile.companion_hosts);
  file.Read("path_options", profile.path_options);
  ReadPublishing(file, profile);
  file.Read("installs", profile.installs);
  file.Read("startup_files", profile.startup_files);
  std::optional<bool> pep503;
  file.Read("pep503_names", pep503);
  profile.pep503_names = pep503.value_or(false);
  file.Tables("registry", [&](TableReader& table) { ReadRegistry(table, profile); });
  file.Tables("setting", [&](TableReader& table) { ReadSetting(table, profile); });
  file.Tables("workspace", [&](TableReader& table) { ReadWorkspace(table, profile); });
  file.Tables("variable", [&](TableReader& table) { ReadVariable(table, profile); });
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

// A part of each shipped file, parsed; "generic" comes last.
std::vector<Profile> LoadShipped(std::string_view (*part)(std::string_view text)) {
  std::vector<Profile> profiles;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.name.starts_with("profiles/")) {
      profiles.push_back(OrDie(ParseProfile(part(file.text), file.name)));
    }
  }
  std::stable_partition(profiles.begin(), profiles.end(),
                        [](const Profile& profile) { return profile.name != "generic"; });
  if (profiles.empty() || profiles.back().name != "generic") {
    DieOfBrokenData(absl::InternalError("the profile 'generic' is missing"));
  }
  return profiles;
}

std::string_view Whole(std::string_view text) { return text; }

// What stands before the first table: how the manager is recognised, among other things.
std::string_view Head(std::string_view text) {
  const size_t table = text.find("\n[[");
  return text.substr(0, table == std::string_view::npos ? table : table + 1);
}

}  // namespace

absl::StatusOr<Profile> ParseProfile(std::string_view toml, std::string_view origin) {
  Profile profile;
  absl::Status status = ReadTables(toml, ConfigFormat::kToml, origin,
                                   [&](TableReader& file) { ReadProfile(file, profile); });
  if (!status.ok()) return status;
  return profile;
}

const std::vector<Profile>& ShippedProfiles() {
  static const std::vector<Profile>* const profiles = new std::vector<Profile>(LoadShipped(Whole));
  return *profiles;
}

const std::vector<Profile>& ShippedProfileHeads() {
  static const std::vector<Profile>* const heads = new std::vector<Profile>(LoadShipped(Head));
  return *heads;
}

const Profile& ShippedProfile(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, Profile>* const profiles = new std::map<std::string, Profile>();
  const std::lock_guard lock(mutex);
  auto known = profiles->find(name);
  if (known != profiles->end()) return known->second;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.name != Cat("profiles/", name, ".toml")) continue;
    return profiles->emplace(name, OrDie(ParseProfile(file.text, file.name))).first->second;
  }
  DieOfBrokenData(absl::InternalError(Cat("the profile '", name, "' is missing")));
}

}  // namespace safe_trace
