#include "tools/trace/behaviour.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/behaviour_lock.h"
#include "policy/lexical_path.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_filter.h"
#include "tools/trace/event_text.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxNameBytes = 200;

// Long texts stay different when they differ behind the cut.
std::string Bounded(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  const size_t hash = std::hash<std::string>{}(text);
  text.resize(Utf8PrefixLength(text, limit));
  return absl::StrCat(text, "…[", hash, "]");
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

Actor ActorOf(const TraceRecord& record) {
  const auto text = [&record](std::string_view key) {
    return Bounded(std::string(record.Text(key)), kMaxNameBytes);
  };
  Actor subject{text("safe_trace.role"), text("safe_trace.ecosystem"), text("package.name")};
  subject.package = ComparablePackage(subject.package);
  return subject;
}

// "denied: /home/u/.bashrc" where it was not allowed.
std::string Example(const TraceRecord& record, std::string_view text) {
  return IsRefused(record) ? absl::StrCat(std::string(text), " (refused)") : std::string(text);
}

// After one more event of the same. A repetition's says for how many it stands, the first included.
uint64_t CountWith(uint64_t count, const TraceRecord& record) {
  const int64_t total = record.Number("safe_trace.repeated", 0);
  return total > 0 ? std::max(count, static_cast<uint64_t>(total)) : count + 1;
}

}  // namespace

std::string_view KindTitle(BehaviourKind kind) {
  switch (kind) {
    case BehaviourKind::kHost:
      return "hosts";
    case BehaviourKind::kListener:
      return "listens on";
    case BehaviourKind::kProgram:
      return "programs";
    case BehaviourKind::kCredential:
      return "credentials";
    case BehaviourKind::kRead:
      return "reads";
    case BehaviourKind::kWrite:
      return "writes";
    case BehaviourKind::kVariable:
      return "variables";
    case BehaviourKind::kStartupFile:
      return "start-up files";
    case BehaviourKind::kViolation:
      return "violations";
  }
  return "";
}

std::string_view KindName(BehaviourKind kind) {
  switch (kind) {
    case BehaviourKind::kHost:
      return "host";
    case BehaviourKind::kListener:
      return "listener";
    case BehaviourKind::kProgram:
      return "program";
    case BehaviourKind::kCredential:
      return "credential";
    case BehaviourKind::kRead:
      return "read";
    case BehaviourKind::kWrite:
      return "write";
    case BehaviourKind::kVariable:
      return "variable";
    case BehaviourKind::kStartupFile:
      return "startup-file";
    case BehaviourKind::kViolation:
      return "violation";
  }
  return "";
}

void BehaviourTable::Add(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  if (action == "run-start") return AddHeader(record);
  if (const std::string_view version = record.Text("package.version"); !version.empty()) {
    std::set<std::string>& versions = versions_[ActorOf(record)];
    if (versions.size() < kMaxVersions) versions.insert(std::string(version.substr(0, 64)));
    if (versions_.size() > kMaxBehaviours) versions_.erase(ActorOf(record));
  }
  if (record.Text("event.category") == "network") AddNetwork(record);
  if (StartsWith(action, "file-")) AddFile(record);
  AddVariables(record);
  if (action == "process-exec") AddProgram(record);
  if (action == "startup-file") {
    const std::string_view path = record.Text("file.path");
    Note(record, BehaviourKind::kStartupFile,
         ComparablePath(BaseName(path), {}, record.Text("package.version")), std::string(path));
  }
  if (IsViolation(record)) NoteViolation(record);
}

void BehaviourTable::NoteViolation(const TraceRecord& record) {
  const std::string_view rule = record.Text("rule.id");
  const std::string what(rule.empty() ? record.Text("event.action") : rule);
  const std::string doing = Bounded(DoingText(record), kMaxTextBytes);
  const Behaviour behaviour{ActorOf(record), BehaviourKind::kViolation,
                            Bounded(what, kMaxTextBytes)};
  const auto earlier = behaviours_.find(behaviour);
  const uint64_t count = earlier == behaviours_.end() ? 0 : earlier->second.count;
  Note(record, BehaviourKind::kViolation, what, doing);
  const auto found = behaviours_.find(behaviour);
  if (found == behaviours_.end()) return;
  Seen& seen = found->second;
  if (!seen.tried.contains(doing) && tried_++ >= kMaxTried) return;
  uint64_t& tried = seen.tried[doing];
  const uint64_t before = std::exchange(tried, CountWith(tried, record));
  // A repetition is one of this thing, not of all that the rule refused.
  seen.count = count + (tried - before);
}

void BehaviourTable::AddHeader(const TraceRecord& record) {
  if (!places_.project.empty()) return;
  const std::string_view project = record.Text("safe_trace.project");
  places_.project =
      NormalizePath(project.empty() ? record.Text("process.working_directory") : project);
  places_.home = NormalizePath(record.Text("safe_trace.home"));
  has_every_open_ = record.Text("safe_trace.log_level") == "full";
}

void BehaviourTable::AddProgram(const TraceRecord& record) {
  const std::string_view process = record.Text("process.entity_id");
  const std::string_view refused = IsRefused(record) ? record.Text("file.path") : "";
  const std::string_view path = refused.empty() ? record.Text("process.executable") : refused;
  std::pair<std::string, std::string> image(process, path);
  if (record.Text("safe_trace.decision") == "kill") {
    if (killed_images_.size() < kMaxBehaviours) {
      killed_images_.insert(std::move(image));
    } else {
      ++not_kept_;
    }
  } else if (refused.empty() && killed_images_.count(image) > 0) {
    return;
  }
  const std::string program = ComparablePath(path, places_, record.Text("package.version"));
  Note(record, BehaviourKind::kProgram, program, Example(record, path));
  const std::string_view hash = record.Text("process.hash.sha256");
  if (!refused.empty() || hash.empty() || program_hashes_.size() >= kMaxBehaviours) return;
  const auto [known, is_new] = program_hashes_.try_emplace({ActorOf(record), program}, hash);
  if (!is_new && known->second != hash) known->second.clear();
}

void BehaviourTable::AddNetwork(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  const bool is_listening = action == "network-bind" || action == "network-listen";
  // The process's own word, before anybody decided; a question that is asked has its own event.
  if (action == "name-lookup") return;
  // What the run itself listens on is not outside.
  const std::string_view rule = record.Text("rule.id");
  if (!IsRefused(record) && (rule == "network.own-listener" || rule == "socket.own")) return;
  // Every look-up goes through the broker; the question itself is an event of its own.
  if (record.Text("safe_trace.mechanism") == "dns-broker" && action != "dns-question") return;
  if (const std::string_view path = record.Text("file.path"); !path.empty()) {
    Note(record, is_listening ? BehaviourKind::kListener : BehaviourKind::kHost,
         ComparableSocket(path, places_, record.Text("package.version")), Example(record, path));
    return;
  }
  if (is_listening) {
    Note(record, BehaviourKind::kListener, std::string(record.Text("destination.ip")), "");
    return;
  }
  bool is_named = false;
  const auto use = [&](std::string_view name) {
    is_named = true;
    Note(record, BehaviourKind::kHost, ComparableHost(name), "");
    return true;
  };
  ForEachValue(record,
               {"destination.domain", "dns.question.name", "url.domain", "tls.client.server_name"},
               use);
  if (!is_named) ForEachValue(record, {"destination.ip"}, use);
}

void BehaviourTable::AddFile(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  const std::string_view path = record.Text("file.path");
  const std::string_view rule = record.Text("rule.id");
  if (StartsWith(rule, "credential.")) {
    Note(record, BehaviourKind::kCredential, std::string(rule), std::string(path));
  }
  const std::vector<std::string> access = record.List("safe_trace.access");
  const auto holds = [&access](const char* name) {
    return std::find(access.begin(), access.end(), name) != access.end();
  };
  const bool is_look = action == "file-open" || action == "file-stat" || action == "file-list";
  // A credential that was asked for stands there already.
  const bool is_read = holds("read") && is_look && !StartsWith(rule, "credential.");
  const bool is_write = holds("write") || (access.empty() && !is_look);
  const bool is_everybodys = !IsRefused(record) && IsBeyondLock(rule);
  if (is_everybodys || (!is_read && !is_write)) return;
  const std::string what =
      PathClass(path, places_, record.Text("package.name"), record.Text("package.version"));
  if (is_read) Note(record, BehaviourKind::kRead, what, Example(record, path));
  if (is_write) Note(record, BehaviourKind::kWrite, what, Example(record, path));
}

void BehaviourTable::AddVariables(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  // The summary's list is the user's environment, not what was done.
  const bool is_removal = action == "environment-removed";
  if (!is_removal && action != "variable-lookup") return;
  ForEachValue(record, {is_removal ? "safe_trace.removed" : "safe_trace.variable"},
               [&](std::string_view name) {
                 Note(record, BehaviourKind::kVariable,
                      absl::StrCat(std::string(name), is_removal ? " (removed)" : " (asked for)"),
                      "");
                 return true;
               });
}

void BehaviourTable::Note(const TraceRecord& record, BehaviourKind kind, std::string what,
                          std::string example) {
  if (what.empty()) return;
  Behaviour behaviour{ActorOf(record), kind, Bounded(std::move(what), kMaxTextBytes)};
  const bool is_refused = IsRefused(record);
  const auto found = behaviours_.find(behaviour);
  if (found != behaviours_.end()) {
    (is_refused ? found->second.was_refused : found->second.was_allowed) = true;
  }
  if (found != behaviours_.end()) {
    found->second.count = CountWith(found->second.count, record);
  } else if (behaviours_.size() < kMaxBehaviours) {
    behaviours_.emplace(std::move(behaviour),
                        Seen{Bounded(std::move(example), kMaxTextBytes),
                             std::string(record.Text("@timestamp").substr(0, 40)),
                             CountWith(0, record),
                             {},
                             !is_refused,
                             is_refused});
  } else {
    ++not_kept_;
  }
}

std::set<std::string> BehaviourTable::VersionsOf(const Actor& subject) const {
  const auto found = versions_.find(subject);
  return found == versions_.end() ? std::set<std::string>() : found->second;
}

std::string RunBehaviour::Gap() const {
  if (check.state != TraceState::kComplete) return SafeText(DescribeCheck(check, is_being_written));
  if (unreadable_lines > 0) return Counted(unreadable_lines, "line") + " could not be read";
  if (dropped_events > 0) return Counted(dropped_events, "event") + " not written for want of room";
  if (table.not_kept() > 0) {
    return "more than " + std::to_string(BehaviourTable::kMaxBehaviours) +
           " different things were done: not all could be compared";
  }
  return "";
}

absl::StatusOr<RunBehaviour> LoadBehaviour(const std::string& path) {
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
  if (!reader.ok()) return reader.status();
  RunBehaviour run;
  run.path = path;
  run.is_being_written = reader->IsBeingWritten();
  TraceVerifier verifier;
  TraceLine line;
  for (;;) {
    const absl::StatusOr<bool> more = reader->Next(line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
    verifier.Feed(line, record.ok() ? &*record : nullptr);
    if (!record.ok() || !line.is_complete) {
      if (line.is_complete) ++run.unreadable_lines;
      continue;
    }
    if (run.command.empty()) run.command = record->List("process.args");
    const int64_t dropped =
        std::max<int64_t>(record->Number("safe_trace.dropped", 0),
                          record->Number("safe_trace.summary.dropped_events", 0));
    run.dropped_events =
        std::max(run.dropped_events, static_cast<uint64_t>(std::max<int64_t>(dropped, 0)));
    run.table.Add(*record);
  }
  run.check = verifier.Finish();
  if (run.check.state == TraceState::kNotATrace) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", DescribeCheck(run.check, false)));
  }
  return run;
}

}  // namespace safe_trace
