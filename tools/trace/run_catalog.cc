#include "tools/trace/run_catalog.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/trace_name.h"
#include "tracer/events/hash_chain.h"
#include "tracer/events/json_line.h"
#include "tracer/events/run_id.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_record.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// Names read from one directory; beyond, the directory is not one of ours.
constexpr size_t kMaxNames = 1'000'000;
constexpr size_t kMaxNamedMatches = 5;

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};

// File names, newest (largest) first.
absl::StatusOr<std::vector<std::string>> TraceNames(const std::string& path) {
  const std::unique_ptr<DIR, DirectoryCloser> directory(opendir(path.c_str()));
  if (directory == nullptr) {
    if (errno == ENOENT) return std::vector<std::string>();
    return LastErrnoStatus(SafeText(path));
  }
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (!TraceSuffix(name).empty() && names.size() < kMaxNames) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

std::string IdOf(std::string_view name) {
  return std::string(name.substr(0, name.size() - TraceSuffix(name).size()));
}

void ReadSummary(const TraceEdges& edges, RunEntry& entry) {
  const absl::StatusOr<TraceRecord> last = ParseTraceLine(edges.last);
  if (!last.ok()) {
    entry.verdict = "damaged";
    return;
  }
  if (last->Text("event.action") != "run-end") return;
  if (!SealHolds(edges.last)) {
    entry.verdict = "damaged";
    return;
  }
  entry.exit_status = last->Number("safe_trace.exit_status", 0);
  entry.violations = last->Number("safe_trace.summary.violations", 0);
  entry.verdict = *entry.violations > 0 ? "violations" : "clean";
}

RunEntry ReadEntry(const std::string& directory, const std::string& name) {
  RunEntry entry;
  entry.id = IdOf(name);
  entry.path = directory + "/" + name;
  entry.when = "?";
  absl::StatusOr<UniqueFd> fd = OpenTrace(entry.path);
  const absl::StatusOr<TraceEdges> edges =
      fd.ok() ? ReadTraceEdges(fd->get()) : absl::StatusOr<TraceEdges>(fd.status());
  if (!edges.ok()) {
    entry.verdict = absl::IsFailedPrecondition(edges.status()) ? "too new" : "unreadable";
    return entry;
  }
  const absl::StatusOr<TraceRecord> first = ParseTraceLine(edges->first);
  if (!first.ok() || first->Text("event.action") != "run-start") {
    entry.verdict = "not a trace";
    return entry;
  }
  entry.when = DateText(*first);
  if (first->Number("safe_trace.schema_version", 0) > kTraceSchemaVersion) {
    entry.verdict = "too new";
    return entry;
  }
  entry.command = first->List("process.args");
  const bool is_running = TraceLogReader(*std::move(fd)).IsBeingWritten();
  entry.verdict = is_running ? "running" : "unfinished";
  ReadSummary(*edges, entry);
  return entry;
}

bool Fits(std::string_view id, std::string_view text) {
  const size_t dash = id.find('-');
  return id.substr(0, text.size()) == text ||
         (dash != std::string_view::npos && id.substr(dash + 1, text.size()) == text);
}

}  // namespace

absl::StatusOr<std::vector<RunEntry>> ListRuns(const std::string& directory) {
  absl::StatusOr<std::vector<std::string>> names = TraceNames(directory);
  if (!names.ok()) return names.status();
  if (names->size() > kMaxListedRuns) names->resize(kMaxListedRuns);
  std::vector<RunEntry> entries;
  entries.reserve(names->size());
  for (const std::string& name : *names) entries.push_back(ReadEntry(directory, name));
  return entries;
}

bool IsTraceFileName(std::string_view text) {
  return text.find('/') != std::string_view::npos || LooksLikeTraceName(text);
}

absl::StatusOr<std::string> FindRun(const std::string& directory, std::string_view text) {
  absl::StatusOr<std::vector<std::string>> names = TraceNames(directory);
  if (!names.ok()) return names.status();
  names->erase(std::remove_if(names->begin(), names->end(),
                              [text](const std::string& name) {
                                return !IsRunId(IdOf(name)) || !Fits(name, text);
                              }),
               names->end());
  // Of a trace that is there compressed and as it was, the latter: it is the smaller name.
  const auto kept =
      std::unique(names->rbegin(), names->rend(),
                  [](const std::string& a, const std::string& b) { return IdOf(a) == IdOf(b); });
  names->erase(names->begin(), kept.base());
  const std::string place = SafeText(directory);
  if (names->empty()) {
    if (text.empty()) return absl::NotFoundError(absl::StrCat("no runs in ", place, " yet"));
    return absl::NotFoundError(absl::StrCat("no run '", SafeText(text), "' in ", place,
                                            "; 'safe-trace trace list' shows what there is"));
  }
  if (text.empty() || names->size() == 1) return directory + "/" + names->front();
  std::string message =
      absl::StrCat("'", SafeText(text), "' fits ", names->size(), " runs; say more of it:");
  for (size_t i = 0; i < std::min(names->size(), kMaxNamedMatches); ++i) {
    absl::StrAppend(&message, " ", IdOf((*names)[i]));
  }
  if (names->size() > kMaxNamedMatches) absl::StrAppend(&message, " ...");
  return absl::InvalidArgumentError(message);
}

}  // namespace safe_trace
