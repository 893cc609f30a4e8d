#include "tools/trace/prune.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/trace_name.h"
#include "tracer/events/run_id.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxNames = 1'000'000;
constexpr int64_t kSecondsOfADay = 86'400;
// A writer makes its file, locks it, and then writes the first line.
constexpr int64_t kSecondsToLock = 60;

struct DirectoryCloser {
  void operator()(DIR* directory) const { closedir(directory); }
};

struct RunFile {
  std::string id;
  std::string name;
};

// Newest first.
absl::StatusOr<std::vector<RunFile>> RunFiles(int directory) {
  const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, DirectoryCloser> stream(copy < 0 ? nullptr : fdopendir(copy));
  if (stream == nullptr) {
    if (copy >= 0) close(copy);
    return LastErrnoStatus("the directory of the traces");
  }
  std::vector<RunFile> files;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    const std::string_view suffix = TraceSuffix(name);
    const std::string_view id = name.substr(0, name.size() - suffix.size());
    if (suffix.empty() || !IsRunId(id) || files.size() >= kMaxNames) continue;
    files.push_back({std::string(id), std::string(name)});
  }
  std::sort(files.begin(), files.end(),
            [](const RunFile& a, const RunFile& b) { return a.name > b.name; });
  return files;
}

// Of "20261122T101500Z-1a2b3c4d", in seconds since 1970.
int64_t StartOf(const std::string& id) {
  std::tm time{};
  return strptime(id.c_str(), "%Y%m%dT%H%M%SZ", &time) == nullptr ? 0 : timegm(&time);
}

bool ShouldGo(const std::string& id, size_t newer, const PruneRequest& request, int64_t now) {
  if (!request.keep.has_value() && !request.older_than_days.has_value()) return false;
  if (request.keep.has_value() && newer < *request.keep) return false;
  if (!request.older_than_days.has_value()) return true;
  const int64_t start = StartOf(id);
  const int64_t age = now - start;
  return start > 0 && age > 0 &&
         static_cast<uint64_t>(age / kSecondsOfADay) >= *request.older_than_days;
}

enum class Outcome : uint8_t { kGone, kBeingWritten, kNotOurs, kFailed };

struct Removal {
  Outcome outcome = Outcome::kFailed;
  uint64_t bytes = 0;
  std::string problem;
};

bool IsSameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

Removal Remove(int directory, const std::string& name, bool dry_run, int64_t now) {
  const UniqueFd fd(
      openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat opened {};
  if (!fd.valid() && errno == ELOOP) return {Outcome::kNotOurs, 0, "a link"};
  if (!fd.valid() || fstat(fd.get(), &opened) != 0) {
    return {Outcome::kFailed, 0, std::string(LastErrnoStatus("opening it").message())};
  }
  if (!S_ISREG(opened.st_mode)) return {Outcome::kNotOurs, 0, "not a regular file"};
  if (opened.st_uid != geteuid()) return {Outcome::kNotOurs, 0, "another user's"};
  if (opened.st_size == 0 && opened.st_mtime + kSecondsToLock > now) {
    return {Outcome::kBeingWritten, 0, ""};
  }
  // Held until the name is gone, so that no writer can take it in between.
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return {Outcome::kBeingWritten, 0, ""};
    return {Outcome::kFailed, 0, std::string(LastErrnoStatus("its lock").message())};
  }
  struct stat named {};
  if (fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 ||
      !IsSameFile(opened, named)) {
    return {Outcome::kFailed, 0, "it was replaced meanwhile"};
  }
  if (!dry_run && unlinkat(directory, name.c_str(), 0) != 0) {
    return {Outcome::kFailed, 0, std::string(LastErrnoStatus("removing it").message())};
  }
  return {Outcome::kGone, static_cast<uint64_t>(opened.st_size), ""};
}

}  // namespace

absl::StatusOr<UniqueFd> OpenPruneDirectory(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd.valid() || fstat(fd.get(), &status) != 0) return LastErrnoStatus(path);
  if (status.st_uid != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat(path, ": belongs to another user"));
  }
  return fd;
}

int PruneTraces(int directory, const PruneRequest& request, int64_t now, std::ostream& out,
                std::ostream& err) {
  const absl::StatusOr<std::vector<RunFile>> files = RunFiles(directory);
  if (!files.ok()) {
    err << "safe-trace trace: " << SafeText(std::string(files.status().message())) << "\n";
    return 2;
  }
  uint64_t gone = 0;
  uint64_t bytes = 0;
  uint64_t written = 0;
  bool failed = false;
  for (size_t i = 0; i < files->size(); ++i) {
    const auto& [id, name] = (*files)[i];
    if (!ShouldGo(id, i, request, now)) continue;
    const Removal removal = Remove(directory, name, request.dry_run, now);
    switch (removal.outcome) {
      case Outcome::kGone:
        ++gone;
        bytes += removal.bytes;
        out << (request.dry_run ? "would remove " : "removed ") << id << "\n";
        break;
      case Outcome::kBeingWritten:
        ++written;
        break;
      case Outcome::kFailed:
        failed = true;
        [[fallthrough]];
      case Outcome::kNotOurs:
        err << "safe-trace trace: " << id << " stays: " << SafeText(removal.problem) << "\n";
        break;
    }
  }
  out << Counted(gone, "trace") << (request.dry_run ? " would go, " : " removed, ")
      << Counted(bytes, "byte") << "; " << files->size() - gone << " left";
  if (written > 0) out << ", of which " << written << " that should go still written";
  out << "\n";
  return failed ? 2 : 0;
}

}  // namespace safe_trace
