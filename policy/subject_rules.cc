// Who a process becomes at an exec.
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "policy/lexical_path.h"
#include "policy/package_identity.h"
#include "policy/path_template.h"
#include "policy/policy_impl.h"
#include "policy/profile.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumOwnGrants = 64;
// Each takes some hundred KiB and a millisecond; a tree that starts managers in more directories
// than this has the others run as what started them.
constexpr size_t kMaximumNested = 64;

std::map<std::string, std::string> EnvironmentMap(const std::vector<std::string>& environment) {
  std::map<std::string, std::string> map;
  for (const std::string& entry : environment) {
    if (size_t equals = entry.find('='); equals != std::string::npos) {
      map.try_emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  return map;
}

void AddOwn(Subject& subject, std::string path, Access access) {
  for (PathGrant& grant : subject.own) {
    if (grant.path == path) {
      grant.access = grant.access | access;
      return;
    }
  }
  if (subject.own.size() < kMaximumOwnGrants) subject.own.push_back({std::move(path), access});
}

// The words of a manager's exec come from argv, the environment and files that a package may have
// shipped: what they name becomes the package's own only where it is narrow enough.
void AddOwnPlaces(const Policy::Impl& impl, const std::vector<std::string>& texts,
                  const TemplateFacts& templates, Access access, Subject& subject,
                  bool installed = false) {
  for (const std::string& text : texts) {
    for (const std::string& raw : ExpandTemplate(text, templates)) {
      std::string path = NormalizePath(raw);
      if (impl.IsTooWideForOwn(path, Any(access & Access::kWrite), installed)) continue;
      AddOwn(subject, std::move(path), access);
    }
  }
}

TemplateFacts TemplatesFor(const HostFacts& host, const ExecFacts& facts, size_t script) {
  TemplateFacts templates = TemplatesOfHost(host);
  templates.working_directory = facts.working_directory;
  templates.environment = EnvironmentMap(facts.environment);
  templates.executable = facts.executable;
  templates.arguments = facts.arguments;
  templates.script_index = script;
  templates.read_file = facts.read_file;
  return templates;
}

// Code that was fetched by this run could have left a "pip" of its own anywhere it may write.
bool IsOwnMake(const Policy& policy, const Subject& subject, const ExecFacts& facts) {
  const auto writable = [&](const std::string& path) {
    return policy.EvaluateFile(subject, {.path = path, .access = Access::kWrite}).allowed();
  };
  if (writable(facts.executable)) return true;
  const std::string script = InterpretedScript(facts.arguments);
  if (script.empty()) return false;
  return writable(JoinPath(facts.working_directory, script));
}

// The manager that an exec starts, null where none does or it is the one that is there already. A
// shell's script of its name only starts it: the manager proper is an exec of its own, and tells by
// its interpreter where it lies.
const Profile* StartedManager(const Policy& policy, const Subject& before, const ExecFacts& facts,
                              bool behind_script) {
  const Profile& profile = RecognizeProfile(facts.arguments, facts.executable);
  if (profile.role != Role::kManager || IsShellName(BaseName(facts.executable))) return nullptr;
  const bool is_same = before.role == Role::kManager && before.ecosystem == profile.name;
  if (is_same && !behind_script) return nullptr;
  if (before.downloaded && IsOwnMake(policy, before, facts)) return nullptr;
  return &profile;
}

PackageIdentity IdentityOf(const ExecRule& rule, const Profile& profile, const ExecFacts& facts,
                           const TemplateFacts& templates) {
  if (!rule.name_from.empty()) return IdentifyPackage(rule.name_from, facts);
  PackageIdentity identity = IdentifyPackage(rule.identity, templates);
  if (profile.pep503_names) identity.name = NormalizePackageName(identity.name);
  return identity;
}

// What a rule of the profile makes of an exec of its manager.
Subject SubjectByRule(const Policy::Impl& impl, const Subject& before, const ExecRule& rule,
                      const ExecFacts& facts, int script) {
  Subject after = before;
  if (rule.role == Role::kManager) {
    after.given_back = rule.gives;
    after.is_helper = rule.helper;
    after.downloaded = before.downloaded || rule.downloaded;
    return after;
  }
  const TemplateFacts templates = TemplatesFor(impl.facts, facts, static_cast<size_t>(script));
  after.given_back.clear();
  after.is_helper = false;
  // What code that this run fetched calls its project was fetched as well.
  const bool is_fetched = before.downloaded && rule.role == Role::kProject;
  after.role = is_fetched ? Role::kPackage : rule.role;
  if (after.role == Role::kPackage) after.own.clear();
  if (after.role == Role::kPackage || rule.downloaded) {
    PackageIdentity identity = IdentityOf(rule, impl.profile, facts, templates);
    const bool is_named = rule.identity.empty() || !identity.name.empty();
    after.downloaded = before.downloaded || (rule.downloaded && is_named);
    after.package = std::move(identity.name);
    after.version = std::move(identity.version);
  }
  const Access all = Access::kRead | Access::kWrite | Access::kExecute;
  AddOwnPlaces(impl, rule.writes, templates, all, after);
  AddOwnPlaces(impl, rule.installed_writes, templates, all, after, /*installed=*/true);
  AddOwnPlaces(impl, rule.reads, templates, Access::kRead | Access::kExecute, after);
  return after;
}

Subject AsPackage(const Subject& before) {
  Subject after = before;
  after.role = Role::kPackage;
  after.own.clear();
  after.given_back.clear();
  after.is_helper = false;
  return after;
}

// A file of the project that something started: a program, or an interpreter's script.
bool IsOfProject(const std::string& project, const ExecFacts& facts) {
  if (project.empty() || IsSharedDirectory(project)) return false;
  if (IsWithin(facts.executable, project)) return true;
  const std::string script = InterpretedScript(facts.arguments);
  return !script.empty() &&
         IsWithin(NormalizePath(JoinPath(facts.working_directory, script)), project);
}

Subject AsProject(const Subject& before) {
  Subject after = before;
  after.role = before.downloaded ? Role::kPackage : Role::kProject;
  after.own.clear();
  after.given_back.clear();
  after.is_helper = false;
  return after;
}

// What no rule speaks of stays what it was. What a helper was given is for its own program alone.
Subject AsBefore(const Subject& before) {
  Subject after = before;
  after.given_back.clear();
  return after;
}

}  // namespace

const Policy* NestedPolicies::Find(const Subject& subject) const {
  std::shared_lock lock(mutex_);
  auto it = policies_.find({subject.ecosystem, subject.scope});
  return it == policies_.end() ? nullptr : it->second.get();
}

const Policy* NestedPolicies::FindOrBuild(const Profile& profile, const ExecFacts& facts) {
  const std::pair key(profile.name, facts.working_directory);
  {
    std::shared_lock lock(mutex_);
    auto it = policies_.find(key);
    if (it != policies_.end()) return it->second.get();
    if (policies_.size() >= kMaximumNested) return nullptr;
  }
  if (!builder_) return nullptr;
  absl::StatusOr<std::unique_ptr<const Policy>> built = builder_(profile, facts);
  std::unique_lock lock(mutex_);
  auto [it, is_new] = policies_.try_emplace(key);
  if (is_new && built.ok()) it->second = *std::move(built);
  return it->second.get();
}

const Policy& Policy::For(const Subject& subject) const {
  if (impl_->nested == nullptr || subject.scope.empty()) return *this;
  const Policy* nested = impl_->nested->Find(subject);
  return nested == nullptr ? *this : *nested;
}

bool Policy::MayChangeAtExec(const Subject& subject) {
  return subject.role == Role::kManager || subject.role == Role::kCommand ||
         subject.role == Role::kProject;
}

Subject Policy::InitialSubject() const {
  Subject subject;
  subject.role = impl_->profile.role;
  if (subject.role == Role::kManager) subject.ecosystem = impl_->profile.name;
  return subject;
}

Subject Policy::SubjectAfterExec(const Subject& before, const ExecFacts& facts) const {
  // What any other role says about itself at an exec could be a lie.
  if (!MayChangeAtExec(before)) return before;
  const Impl& own = *For(before).impl_;
  // The run's command was a script that ends in the manager proper: before all rules.
  const bool behind_script = impl_->facts.through_shell && before.role == Role::kManager &&
                             before.scope.empty() && !before.is_helper;
  const Profile* manager = StartedManager(*this, before, facts, behind_script);
  const bool is_proper = behind_script && manager != nullptr && manager->name == before.ecosystem;
  if (before.role == Role::kManager && !is_proper) {
    for (const ExecRule& rule : own.profile.exec_rules) {
      if (before.is_helper && !rule.helper) continue;
      const int script = MatchExecRule(rule, facts, own.facts.Project());
      if (script < 0 || (rule.helper && IsOwnMake(*this, before, facts))) continue;
      return SubjectByRule(own, before, rule, facts, script);
    }
    // A manager in fetched code follows that code's configuration, which may name programs.
    if (before.downloaded && IsOwnMake(*this, before, facts)) return AsPackage(before);
    // Files of the project may name programs that managers start: a hook of git, an interpreter of
    // an environment that lies there.
    const Profile& named = RecognizeProfile(facts.arguments, facts.executable);
    if (named.role != Role::kManager && IsOfProject(own.facts.Project(), facts)) {
      return AsProject(before);
    }
  }
  if (manager == nullptr) return AsBefore(before);
  const bool is_known = !is_proper && manager->name == impl_->profile.name &&
                        facts.working_directory == impl_->facts.working_directory;
  if (!is_known &&
      (impl_->nested == nullptr || impl_->nested->FindOrBuild(*manager, facts) == nullptr)) {
    return AsBefore(before);
  }
  Subject after = before;
  after.scope = is_known ? "" : facts.working_directory;
  after.role = Role::kManager;
  after.ecosystem = manager->name;
  // For a fetched package it works in that package's name.
  if (!after.downloaded) {
    after.package.clear();
    after.version.clear();
  }
  after.given_back.clear();
  after.is_helper = false;
  return after;
}

std::vector<std::string> Policy::VariablesFor(
    const Subject& subject, const std::vector<std::string>& withheld,
    const std::function<bool(const std::string& path)>& exists) const {
  std::vector<std::string> variables;
  const bool is_manager = subject.role == Role::kManager;
  if (!is_manager && subject.role != Role::kPackage && subject.role != Role::kProject) {
    return variables;
  }
  const Impl& own = *For(subject).impl_;
  const TemplateFacts templates = TemplatesOfHost(own.facts);
  for (const DefaultVariable& variable : own.profile.default_variables) {
    if (variable.for_scripts == is_manager) continue;
    if (own.facts.environment.contains(variable.name)) continue;
    const std::vector<std::string> values = ExpandTextTemplate(variable.value, templates);
    const auto exists_at = [&](const std::string& text, size_t index) {
      if (text.empty()) return true;
      const std::vector<std::string> paths = ExpandTextTemplate(text, templates);
      return index < paths.size() && exists(paths[index]);
    };
    for (size_t i = 0; i < values.size(); ++i) {
      if (!exists_at(variable.at, i)) continue;
      if (exists_at(variable.needs, i)) variables.push_back(Cat(variable.name, "=", values[i]));
      break;
    }
  }
  if (!is_manager) return variables;
  for (const std::string& variable : withheld) {
    const size_t equals = variable.find('=');
    if (equals == std::string::npos) continue;
    const VariableRequest request{std::string_view(variable).substr(0, equals),
                                  std::string_view(variable).substr(equals + 1)};
    if (EvaluateVariable(subject, request).allowed()) variables.push_back(variable);
  }
  return variables;
}

}  // namespace safe_trace
