#include "launcher/lock_watch.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <variant>

#include "launcher/concat.h"
#include "policy/lexical_path.h"
#include "tracer/events/trace_log_writer.h"

namespace safe_trace {
namespace {

const Rule kVariable{"lock.unknown-variable",
                     "asked for a hidden variable that the lock does not have for this package"};
const Rule kProgram{"lock.changed-program", "the program is not the one that the lock has"};
const Rule kStartupFile{"lock.unknown-startup-file",
                        "left a start-up file that the lock does not have"};
constexpr size_t kMaximumValue = 4096;  // bytes

std::string_view TextOf(const TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name != key) continue;
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string_view() : std::string_view(*text);
  }
  return {};
}

Subject SubjectOf(const TraceEvent& event) {
  Subject subject;
  const std::string_view role = TextOf(event, "safe_trace.role");
  for (const Role each :
       {Role::kManager, Role::kPackage, Role::kProject, Role::kProgram, Role::kCommand}) {
    if (RoleName(each) == role) subject.role = each;
  }
  subject.ecosystem = TextOf(event, "safe_trace.ecosystem");
  subject.package = TextOf(event, "package.name");
  subject.version = TextOf(event, "package.version");
  return subject;
}

std::string DoingOf(const Rule& rule, const std::string& value) {
  if (&rule == &kVariable) return Concat("look up ", value);
  if (&rule == &kProgram) return Concat("run ", value, " with another content");
  return Concat("leave ", value);
}

}  // namespace

bool LockWatch::Finding::operator<(const Finding& other) const {
  const auto tie = [](const Finding& f) {
    return std::tie(f.rule->id, f.subject.role, f.subject.ecosystem, f.subject.package,
                    f.subject.version, f.value);
  };
  return tie(*this) < tie(other);
}

void LockWatch::Record(TraceEvent event) {
  if (lock_ != nullptr) Look(event);
  next_.Record(std::move(event));
}

void LockWatch::Look(const TraceEvent& event) {
  std::lock_guard guard(mutex_);
  if (TextOf(event, "rule.id").starts_with("lock.")) ++violations_;
  if (event.action == "startup-file") {
    const std::string_view path = TextOf(event, "file.path");
    const std::string name = LockText(ComparablePath(BaseName(path), {}, ""));
    if (!lock_->startup_files().contains(name)) {
      Subject nobody;
      nobody.package = TextOf(event, "package.name");
      Add(kStartupFile, nobody, event, "file.path");
    }
    return;
  }
  if (TextOf(event, "safe_trace.role") != RoleName(Role::kPackage)) return;
  const Subject subject = SubjectOf(event);
  const BehaviourKey key = BehaviourKeyOf(subject);
  const LockedBehaviour* behaviour = lock_->Find(key);
  if (behaviour == nullptr) return;
  if (!subject.version.empty() && !behaviour->versions.contains(LockText(subject.version)) &&
      other_versions_.size() < kMaximumFindings) {
    other_versions_.try_emplace(key, subject.version);
  }
  if (event.action == "variable-lookup") {
    const std::string_view name = TextOf(event, "safe_trace.variable");
    if (!name.empty() && !behaviour->variables.contains(LockText(name))) {
      Add(kVariable, subject, event, "safe_trace.variable");
    }
  }
  if (event.action == "process-exec") LookAtProgram(event, subject, *behaviour);
}

// Of another version other programs are expected: that the version is another one is said anyway.
void LockWatch::LookAtProgram(const TraceEvent& event, const Subject& subject,
                              const LockedBehaviour& behaviour) {
  const std::string_view hash = TextOf(event, "process.hash.sha256");
  const bool is_known_version =
      subject.version.empty() || behaviour.versions.contains(LockText(subject.version));
  if (hash.empty() || !is_known_version) return;
  const std::string_view path = TextOf(event, "process.executable");
  const auto known =
      behaviour.artifacts.find(LockText(ComparablePath(path, lock_->places(), subject.version)));
  if (known != behaviour.artifacts.end() && known->second != hash) {
    Add(kProgram, subject, event, "process.executable");
  }
}

void LockWatch::Add(const Rule& rule, const Subject& subject, const TraceEvent& event,
                    std::string_view key) {
  std::string value(TextOf(event, key).substr(0, kMaximumValue));
  const std::string process(TextOf(event, "process.entity_id"));
  Finding finding{&rule, subject, std::string(key), std::move(value), process};
  if (findings_.size() < kMaximumFindings) {
    findings_.insert(std::move(finding));
  } else if (!findings_.contains(finding)) {
    ++untold_;
  }
}

void LockWatch::Tell(const Finding& finding, const std::function<void(const ShownViolation&)>& show,
                     RunSummary& summary) {
  const bool is_hidden = finding.rule == &kVariable;
  const bool is_left = finding.rule == &kStartupFile;
  TraceEvent event;
  event.action = "lock-difference";
  event.category = is_left ? "file" : "process";
  event.outcome = is_hidden ? "failure" : "success";
  event.is_violation = true;
  const Subject& subject = finding.subject;
  if (!is_left) event.Set("safe_trace.role", std::string(RoleName(subject.role)));
  if (!subject.ecosystem.empty()) event.Set("safe_trace.ecosystem", subject.ecosystem);
  if (!subject.package.empty()) event.Set("package.name", subject.package);
  if (!subject.version.empty()) event.Set("package.version", subject.version);
  if (!finding.process.empty()) event.Set("process.entity_id", finding.process);
  event.Set(finding.key, finding.value);
  const Verdict verdict = is_hidden ? Verdict::kHide : Verdict::kAllow;
  if (!is_left) event.Set("safe_trace.decision", std::string(VerdictName(verdict)));
  event.Set("rule.id", finding.rule->id);
  event.Set("safe_trace.reason", finding.rule->reason);
  next_.Record(std::move(event));
  const std::string who = is_left ? "the run" : subject.Describe();
  show({who, DoingOf(*finding.rule, finding.value), verdict, finding.rule->id, "", true});
  for (PackageSummary& package : summary.packages) {
    const bool is_it = !is_left && package.ecosystem == subject.ecosystem &&
                       package.name == subject.package && package.version == subject.version;
    if (is_it) ++package.violations;
  }
}

void LockWatch::Finish(const std::function<void(const ShownViolation&)>& show,
                       RunSummary& summary) {
  if (lock_ == nullptr) return;
  for (const Finding& finding : findings_) Tell(finding, show, summary);
  violations_ += findings_.size() + untold_;
  summary.violations += findings_.size() + untold_;
  if (untold_ > 0) {
    summary.notes.push_back(Concat(untold_, " more differences from the lock"));
  }
  for (const auto& [key, version] : other_versions_) {
    summary.notes.push_back(Concat(key.package, " ran as ", version,
                                   ", a version that the lock has not seen: it was held to what "
                                   "the lock has of others"));
  }
  if (violations_ > 0) {
    summary.notes.push_back(
        "not all of this is in the lock; to accept it, review the trace, run without --locked, "
        "then: safe-trace policy learn");
  }
}

}  // namespace safe_trace
