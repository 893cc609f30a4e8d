#include "tracer/changes/change_book.h"

#include <filesystem>
#include <utility>

namespace safe_trace {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kExecutable = S_IXUSR | S_IXGRP | S_IXOTH;

int64_t Nanoseconds(const timespec& time) {
  constexpr int64_t kSecond = 1'000'000'000;
  return time.tv_sec * kSecond + time.tv_nsec;
}

bool Counts(mode_t mode) { return S_ISREG(mode) || S_ISLNK(mode) || S_ISDIR(mode); }

std::optional<FileIdentity> LookAt(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !Counts(status.st_mode)) return std::nullopt;
  return IdentityOf(status);
}

bool IsProgram(const FileIdentity& file) {
  return S_ISREG(file.mode) && (file.mode & kExecutable) != 0;
}

}  // namespace

FileIdentity IdentityOf(const struct stat& status) {
  return {status.st_mode,
          status.st_dev,
          status.st_ino,
          status.st_size,
          Nanoseconds(status.st_mtim),
          Nanoseconds(status.st_ctim)};
}

void ChangeBook::Note(const Process& process, std::string_view path, const struct stat* before) {
  if (before != nullptr && !Counts(before->st_mode)) return;
  auto entry = entries_.find(path);
  if (entry == entries_.end()) {
    if (entries_.size() >= kMaximumPaths || path_bytes_ + path.size() > kMaximumPathBytes) {
      ++forgotten_;
      return;
    }
    path_bytes_ += path.size();
    entry = entries_.emplace(std::string(path), Entry()).first;
    if (before != nullptr) entry->second.before = IdentityOf(*before);
  }
  entry->second.entity_id = process.entity_id;
  entry->second.domain = process.domain;
}

void ChangeBook::WalkDirectory(const std::string& path, const Entry& entry,
                               Comparison& comparison) const {
  std::error_code error;
  for (fs::recursive_directory_iterator it(path, error), end;
       !error && it != end && comparison.walked < kMaximumWalked; it.increment(error)) {
    ++comparison.walked;
    std::string inner = it->path().string();
    // What has an entry of its own says who made it.
    if (entries_.contains(inner)) continue;
    const std::optional<FileIdentity> now = LookAt(inner);
    if (!now.has_value() || S_ISDIR(now->mode)) continue;
    Change change{inner, ChangeKind::kCreated, IsProgram(*now),
                  *now,  entry.entity_id,      entry.domain};
    comparison.changes.emplace(std::move(inner), std::move(change));
  }
}

void ChangeBook::CompareOne(const std::string& path, const Entry& entry,
                            Comparison& comparison) const {
  const std::optional<FileIdentity> now = LookAt(path);
  if (!now.has_value() && !entry.before.has_value()) return;  // it came and went
  Change change{path, ChangeKind::kChanged, false, {}, entry.entity_id, entry.domain};
  if (!now.has_value()) {
    change.kind = ChangeKind::kDeleted;
    comparison.changes.emplace(path, std::move(change));
    return;
  }
  if (S_ISDIR(now->mode)) {
    // Made as an empty directory it has nothing that has no entry; moved here it has.
    if (!entry.before.has_value()) WalkDirectory(path, entry, comparison);
    return;
  }
  if (entry.before == *now) return;
  change.now = *now;
  if (!entry.before.has_value() || S_ISDIR(entry.before->mode)) change.kind = ChangeKind::kCreated;
  change.made_executable =
      IsProgram(*now) && !(entry.before.has_value() && IsProgram(*entry.before));
  comparison.changes.emplace(path, std::move(change));
}

std::vector<Change> ChangeBook::Compare() const {
  Comparison comparison;
  for (const auto& [path, entry] : entries_) CompareOne(path, entry, comparison);
  std::vector<Change> changes;
  changes.reserve(comparison.changes.size());
  for (auto& [path, change] : comparison.changes) changes.push_back(std::move(change));
  return changes;
}

}  // namespace safe_trace
