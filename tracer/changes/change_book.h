// Remembers which files a run may have changed, and as what they were before, so that the end of
// the run can say what became of them.
#ifndef SAFE_TRACE_TRACER_CHANGES_CHANGE_BOOK_H_
#define SAFE_TRACE_TRACER_CHANGES_CHANGE_BOOK_H_

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/tracee/process_tree.h"

namespace safe_trace {

// What is compared of a file.
struct FileIdentity {
  mode_t mode = 0;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
};
FileIdentity IdentityOf(const struct stat& status);

enum class ChangeKind { kCreated, kChanged, kDeleted };

struct Change {
  std::string path;
  ChangeKind kind = ChangeKind::kChanged;
  bool made_executable = false;  // by mode, and it was not so before
  FileIdentity now;              // not of what was deleted
  // Who was last to ask for it.
  std::string entity_id;
  std::shared_ptr<const Domain> domain;
};

// One thread's.
class ChangeBook {
 public:
  static constexpr size_t kMaximumPaths = 200'000;
  static constexpr size_t kMaximumPathBytes = size_t{64} << 20;
  // Files that are looked at in directories that were moved into place as a whole.
  static constexpr size_t kMaximumWalked = 200'000;

  // `path` may be about to change: created, written, renamed (either name), removed, its mode set.
  // `before`: what is there, null for nothing. Whether the call succeeds need not be known. Only
  // regular files, links and directories count.
  void Note(const Process& process, std::string_view path, const struct stat* before);

  // Compares with what is there now, sorted by path. Directories count only as the place of what
  // was moved in with them; one that was deleted is one change.
  std::vector<Change> Compare() const;
  // Paths for which there was no room.
  uint64_t forgotten() const { return forgotten_; }

 private:
  struct Entry {
    std::optional<FileIdentity> before;
    std::string entity_id;
    std::shared_ptr<const Domain> domain;
  };
  struct Comparison {
    std::map<std::string, Change> changes;
    size_t walked = 0;
  };
  void CompareOne(const std::string& path, const Entry& entry, Comparison& comparison) const;
  void WalkDirectory(const std::string& path, const Entry& entry, Comparison& comparison) const;

  std::map<std::string, Entry, std::less<>> entries_;
  size_t path_bytes_ = 0;
  uint64_t forgotten_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_CHANGES_CHANGE_BOOK_H_
