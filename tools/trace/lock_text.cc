#include "tools/trace/lock_text.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "policy/document.h"

namespace safe_trace {
namespace {

constexpr char kHead[] =
    "# What the packages of this project were seen to do, as `safe-trace policy learn` found it "
    "in\n"
    "# traces. Read it before you commit it: `safe-trace --locked COMMAND` refuses what stands "
    "not\n"
    "# here. It allows nothing by itself: what policy refuses stays refused. What was refused "
    "while\n"
    "# it was learned stands in comments, and is not learned.\n"
    "# docs/behaviour-lock.md describes every key.\n";

std::optional<Role> RoleNamed(std::string_view name) {
  for (const Role role :
       {Role::kManager, Role::kPackage, Role::kProject, Role::kProgram, Role::kCommand}) {
    if (RoleName(role) == name) return role;
  }
  return std::nullopt;
}

// LockText is printable ASCII: two characters of it mean something in TOML.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// One item a line, so that a difference of two locks is one line for each new behaviour.
void WriteList(std::string_view key, const std::set<std::string>& items, std::string& out) {
  absl::StrAppend(&out, std::string(key), " = [");
  for (const std::string& item : items) absl::StrAppend(&out, "\n  ", Quoted(item), ",");
  absl::StrAppend(&out, items.empty() ? "]\n" : "\n]\n");
}

void WriteClasses(std::string_view key, const std::optional<std::set<std::string>>& classes,
                  std::string& out) {
  if (classes.has_value()) {
    WriteList(key, *classes, out);
  } else {
    absl::StrAppend(&out, "# ", std::string(key),
                    ": not known; learn from a run with --log-level full\n");
  }
}

std::set<std::string> ArtifactTexts(const LockedBehaviour& behaviour) {
  std::set<std::string> texts;
  for (const auto& [path, hash] : behaviour.artifacts) {
    texts.insert(absl::StrCat(path, " sha256:", hash));
  }
  return texts;
}

void WritePackage(const LockedBehaviour& behaviour, std::string& out) {
  WriteList("programs", behaviour.programs, out);
  if (!behaviour.artifacts.empty()) WriteList("artifacts", ArtifactTexts(behaviour), out);
  if (!behaviour.listeners.empty()) WriteList("listeners", behaviour.listeners, out);
  WriteClasses("reads", behaviour.reads, out);
  WriteClasses("writes", behaviour.writes, out);
  if (behaviour.variables.empty()) return;
  absl::StrAppend(&out, "# Asked for; they were hidden, and stay hidden.\n");
  WriteList("variables", behaviour.variables, out);
}

}  // namespace

LockMaker::Learned& LockMaker::At(const BehaviourKey& key, bool has_every_open) {
  Learned& learned = subjects_[key];
  if (key.role != Role::kPackage) return learned;
  if (!has_every_open) {
    knows_all_paths_ = false;
    learned.ran_without_every_open = true;
    learned.behaviour.reads.reset();
    learned.behaviour.writes.reset();
  } else if (!learned.ran_without_every_open && !learned.behaviour.reads.has_value()) {
    learned.behaviour.reads.emplace();
    learned.behaviour.writes.emplace();
  }
  return learned;
}

void LockMaker::AddAllowed(const Behaviour& behaviour, LockedBehaviour& locked) {
  const std::string what = LockText(behaviour.what);
  switch (behaviour.kind) {
    case BehaviourKind::kHost:
      locked.hosts.insert(what);
      return;
    case BehaviourKind::kListener:
      locked.listeners.insert(what);
      return;
    case BehaviourKind::kProgram:
      locked.programs.insert(what);
      return;
    case BehaviourKind::kRead:
      if (locked.reads.has_value()) locked.reads->insert(what);
      return;
    case BehaviourKind::kWrite:
      if (locked.writes.has_value()) locked.writes->insert(what);
      return;
    case BehaviourKind::kVariable:
    case BehaviourKind::kCredential:
    case BehaviourKind::kStartupFile:
    case BehaviourKind::kViolation:
      return;
  }
}

void LockMaker::Add(const RunBehaviour& run) {
  runs_.insert(LockText(run.check.run_id));
  constexpr std::string_view kAskedFor = " (asked for)";
  for (const auto& [behaviour, seen] : run.table.behaviours()) {
    if (behaviour.kind == BehaviourKind::kStartupFile) {
      startup_files_.insert(LockText(behaviour.what));
      continue;
    }
    const std::optional<Role> role = RoleNamed(behaviour.subject.role);
    if (!role.has_value()) continue;
    const BehaviourKey key{*role, LockText(behaviour.subject.ecosystem),
                           LockText(behaviour.subject.package)};
    Learned& learned = At(key, run.table.has_every_open());
    for (const std::string& version : run.table.VersionsOf(behaviour.subject)) {
      learned.behaviour.versions.insert(LockText(version));
    }
    if (behaviour.kind == BehaviourKind::kVariable) {
      const std::string& text = behaviour.what;
      if (!text.ends_with(kAskedFor)) continue;
      learned.behaviour.variables.insert(LockText(text.substr(0, text.size() - kAskedFor.size())));
      continue;
    }
    if (seen.was_allowed) AddAllowed(behaviour, learned.behaviour);
    const bool is_only_refused = seen.was_refused && !seen.was_allowed;
    if (is_only_refused || behaviour.kind == BehaviourKind::kViolation) {
      learned.refused.insert(
          absl::StrCat(std::string(KindName(behaviour.kind)), " ", LockText(behaviour.what)));
    }
  }
  AddHashes(run);
}

// What has another content each time, as what a build makes, is no artifact.
void LockMaker::AddHashes(const RunBehaviour& run) {
  for (const auto& [program, hash] : run.table.program_hashes()) {
    const Actor& subject = program.first;
    if (subject.role != RoleName(Role::kPackage)) continue;
    const BehaviourKey key{Role::kPackage, LockText(subject.ecosystem), LockText(subject.package)};
    const auto learned = subjects_.find(key);
    if (learned == subjects_.end()) continue;
    const std::string path = LockText(program.second);
    auto& artifacts = learned->second.behaviour.artifacts;
    const auto known = artifacts.find(path);
    if (hash.empty() || (known != artifacts.end() && known->second != hash)) {
      learned->second.unstable_artifacts.insert(path);
    } else {
      artifacts.emplace(path, hash);
    }
    if (learned->second.unstable_artifacts.contains(path)) artifacts.erase(path);
  }
}

size_t LockMaker::packages() const {
  return static_cast<size_t>(std::count_if(subjects_.begin(), subjects_.end(), [](const auto& s) {
    return s.first.role == Role::kPackage;
  }));
}

absl::StatusOr<std::string> LockMaker::Text() const {
  std::string out = kHead;
  for (const std::string& run : runs_) absl::StrAppend(&out, "# Learned from run ", run, "\n");
  absl::StrAppend(&out, "\nlock_version = ", kBehaviourLockVersion, "\n");
  absl::StrAppend(&out, "\n# Files that take part in every later start.\n");
  WriteList("startup_files", startup_files_, out);
  for (const auto& [key, learned] : subjects_) {
    const LockedBehaviour& behaviour = learned.behaviour;
    const bool is_package = key.role == Role::kPackage;
    if (!is_package && behaviour.hosts.empty() && learned.refused.empty()) continue;
    absl::StrAppend(&out, "\n[[", std::string(RoleName(key.role)), "]]\n");
    if (!key.ecosystem.empty()) absl::StrAppend(&out, "ecosystem = ", Quoted(key.ecosystem), "\n");
    if (!key.package.empty()) absl::StrAppend(&out, "name = ", Quoted(key.package), "\n");
    if (is_package) WriteList("versions", behaviour.versions, out);
    WriteList("hosts", behaviour.hosts, out);
    if (is_package) WritePackage(behaviour, out);
    size_t told = 0;
    for (const std::string& refused : learned.refused) {
      if (++told > kMaxRefusalsTold) break;
      absl::StrAppend(&out, "# refused: ", refused, "\n");
    }
    if (told > kMaxRefusalsTold) {
      absl::StrAppend(&out, "# refused: ", learned.refused.size() - kMaxRefusalsTold,
                      " more; safe-trace trace show says which\n");
    }
  }
  if (out.size() <= kMaxDocumentBytes) return out;
  return absl::ResourceExhaustedError(absl::StrCat("the lock would have ", out.size(),
                                                   " bytes; no more than ", kMaxDocumentBytes,
                                                   " are read. Learn from fewer runs"));
}

}  // namespace safe_trace
