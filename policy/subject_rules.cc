// Who a process becomes at an exec.
#include <map>
#include <string>
#include <utility>

#include "policy/lexical_path.h"
#include "policy/package_identity.h"
#include "policy/path_template.h"
#include "policy/policy_impl.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumOwnGrants = 64;

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
                  const TemplateFacts& templates, Access access, Subject& subject) {
  for (const std::string& text : texts) {
    for (const std::string& raw : ExpandTemplate(text, templates)) {
      std::string path = NormalizePath(raw);
      if (impl.IsTooWideForOwn(path, Any(access & Access::kWrite))) continue;
      AddOwn(subject, std::move(path), access);
    }
  }
}

TemplateFacts TemplatesFor(const HostFacts& host, const ExecFacts& facts, size_t script) {
  TemplateFacts templates;
  templates.working_directory = facts.working_directory;
  templates.home = host.home;
  templates.environment = EnvironmentMap(facts.environment);
  templates.install_targets = host.install_targets;
  templates.temporary_directories = host.temporary_directories;
  templates.executable = facts.executable;
  templates.arguments = facts.arguments;
  templates.script_index = script;
  templates.read_file = facts.read_file;
  return templates;
}

}  // namespace

Subject Policy::InitialSubject() const {
  Subject subject;
  subject.role = impl_->profile.role;
  if (subject.role == Role::kManager) subject.ecosystem = impl_->profile.name;
  return subject;
}

Subject Policy::SubjectAfterExec(const Subject& before, const ExecFacts& facts) const {
  // What any other role says about itself at an exec could be a lie.
  if (before.role != Role::kManager) return before;
  for (const ExecRule& rule : impl_->profile.exec_rules) {
    const int script = MatchExecRule(rule, facts);
    if (script < 0) continue;
    if (rule.role == Role::kManager) return before;
    Subject after;
    after.role = rule.role;
    after.ecosystem = before.ecosystem;
    if (rule.role == Role::kPackage) {
      PackageIdentity identity = IdentifyPackage(rule.name_from, facts);
      after.package = std::move(identity.name);
      after.version = std::move(identity.version);
    }
    const TemplateFacts templates = TemplatesFor(impl_->facts, facts, static_cast<size_t>(script));
    AddOwnPlaces(*impl_, rule.writes, templates, Access::kRead | Access::kWrite | Access::kExecute,
                 after);
    AddOwnPlaces(*impl_, rule.reads, templates, Access::kRead | Access::kExecute, after);
    return after;
  }
  return before;
}

}  // namespace safe_trace
