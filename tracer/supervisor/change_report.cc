#include "tracer/supervisor/change_report.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <thread>
#include <utility>

#include "policy/lexical_path.h"
#include "tracer/changes/change_groups.h"
#include "tracer/supervisor/run_reporter.h"
#include "tracer/tracee/image.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMaximumNamed = 8;  // new programs that the summary names

std::string_view KindName(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kCreated:
      return "created";
    case ChangeKind::kChanged:
      return "changed";
    case ChangeKind::kDeleted:
      return "deleted";
  }
  return "changed";
}

std::string HashOf(const Change& change, const std::function<bool()>& stopping) {
  if (change.kind == ChangeKind::kDeleted || !S_ISREG(change.now.mode)) return {};
  const UniqueFd file(
      open(change.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0) return {};
  if (IdentityOf(status) != change.now) return {};  // another file by now
  return FileSha256(file.get(), stopping);
}

// Small files by the thousand: the kernel's part of each is as large as the hashing itself.
std::vector<std::string> HashAll(const std::vector<Change>& changes,
                                 std::chrono::milliseconds patience) {
  std::vector<std::string> hashes(changes.size());
  const Clock::time_point until = Clock::now() + patience;
  const auto stopping = [until] { return Clock::now() >= until; };
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    while (!stopping()) {
      const size_t index = next.fetch_add(1);
      if (index >= changes.size()) return;
      hashes[index] = HashOf(changes[index], stopping);
    }
  };
  constexpr size_t kWorthAnotherThread = 64;
  std::thread helper;
  if (changes.size() >= kWorthAnotherThread) helper = std::thread(work);
  work();
  if (helper.joinable()) helper.join();
  return hashes;
}

std::string Hexadecimal(const std::array<uint8_t, SHA256_DIGEST_SIZE>& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    char digits[3];
    snprintf(digits, sizeof(digits), "%02x", byte);
    text += digits;
  }
  return text;
}

// What sha256sum prints for the files of a directory, in the order of their bytes, hashed again.
class DirectoryDigest {
 public:
  DirectoryDigest() { sha256_init(&context_); }

  void Add(const std::string& hash, std::string_view relative) {
    Update(hash);
    Update("  ./");
    Update(relative);
    Update("\n");
  }
  std::string Finish() {
    std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
    sha256_digest(&context_, digest.size(), digest.data());
    return Hexadecimal(digest);
  }

 private:
  void Update(std::string_view text) {
    sha256_update(&context_, text.size(), reinterpret_cast<const uint8_t*>(text.data()));
  }
  sha256_ctx context_;
};

TraceEvent EventOf(std::string_view action, const Change& change) {
  TraceEvent event;
  event.action = action;
  event.category = "file";
  event.outcome = "success";
  event.Set("process.entity_id", change.entity_id);
  RunReporter::DescribeSubject(change.domain->subject, event);
  return event;
}

class Writer {
 public:
  Writer(const std::vector<Change>& changes, const std::vector<std::string>& hashes,
         const ChangeReportOptions& options, TraceSink& sink, RunSummary& summary)
      : changes_(changes), hashes_(hashes), options_(options), sink_(sink), summary_(summary) {}

  void WriteSingle(size_t index) {
    const Change& change = changes_[index];
    TraceEvent event = EventOf("file-changed", change);
    event.Set("file.path", change.path);
    event.Set("safe_trace.change", std::string(KindName(change.kind)));
    if (S_ISLNK(change.now.mode)) {
      event.Set("file.type", std::string("symlink"));
    } else if (change.kind != ChangeKind::kDeleted) {
      event.Set("file.size", int64_t{change.now.size});
    }
    if (!hashes_[index].empty()) event.Set("file.hash.sha256", hashes_[index]);
    std::vector<std::string> notable;
    if (change.made_executable) notable.emplace_back("executable");
    if (IsOnSearchPath(change)) {
      notable.emplace_back("on-search-path");
      programs_.emplace_back(BaseName(change.path));
    }
    if (!notable.empty()) event.Set("safe_trace.notable", std::move(notable));
    sink_.Record(std::move(event));
  }

  void WriteGroup(const ChangeGroup& group) {
    TraceEvent event = EventOf("files-changed", changes_[group.members.front()]);
    event.Set("file.directory", group.directory);
    int64_t bytes = 0;
    int64_t unhashed = 0;
    DirectoryDigest digest;
    for (const size_t index : group.members) {
      const Change& change = changes_[index];
      if (!S_ISREG(change.now.mode)) continue;
      bytes += change.now.size;
      if (hashes_[index].empty()) ++unhashed;
      const size_t skip = group.directory == "/" ? 1 : group.directory.size() + 1;
      digest.Add(hashes_[index], std::string_view(change.path).substr(skip));
    }
    event.Set("safe_trace.files.count", static_cast<int64_t>(group.members.size()));
    event.Set("safe_trace.files.bytes", bytes);
    if (unhashed == 0) event.Set("safe_trace.files.sha256", digest.Finish());
    if (unhashed > 0) event.Set("safe_trace.files.unhashed", unhashed);
    sink_.Record(std::move(event));
  }

  void NotePrograms() {
    if (programs_.empty()) return;
    std::string note = "new on PATH:";
    for (size_t i = 0; i < std::min(programs_.size(), kMaximumNamed); ++i) {
      note += (i == 0 ? " " : ", ") + programs_[i];
    }
    if (programs_.size() > kMaximumNamed) {
      note += " and " + std::to_string(programs_.size() - kMaximumNamed) + " more";
    }
    summary_.notes.push_back(std::move(note));
  }

 private:
  bool IsOnSearchPath(const Change& change) const {
    const bool can_run = change.made_executable || S_ISLNK(change.now.mode);
    if (change.kind == ChangeKind::kDeleted || !can_run) return false;
    const std::string_view directory = ParentPath(change.path);
    return std::find(options_.search_path.begin(), options_.search_path.end(), directory) !=
           options_.search_path.end();
  }

  const std::vector<Change>& changes_;
  const std::vector<std::string>& hashes_;
  const ChangeReportOptions& options_;
  TraceSink& sink_;
  RunSummary& summary_;
  std::vector<std::string> programs_;
};

}  // namespace

void ReportChanges(const ChangeBook& book, const ChangeReportOptions& options, TraceSink& sink,
                   RunSummary& summary) {
  const std::vector<Change> changes = book.Compare();
  for (const Change& change : changes) {
    summary.files_created += change.kind == ChangeKind::kCreated ? 1 : 0;
    summary.files_changed += change.kind == ChangeKind::kChanged ? 1 : 0;
    summary.files_deleted += change.kind == ChangeKind::kDeleted ? 1 : 0;
  }
  summary.files_forgotten = book.forgotten();
  const std::vector<std::string> hashes = HashAll(changes, options.patience);
  const GroupedChanges grouped =
      GroupChanges(changes, options.each_file, options.shared_directories);
  Writer writer(changes, hashes, options, sink, summary);
  for (const size_t index : grouped.single) writer.WriteSingle(index);
  for (const ChangeGroup& group : grouped.groups) writer.WriteGroup(group);
  writer.NotePrograms();
}

}  // namespace safe_trace
