#include "launcher/host_paths.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "policy/lexical_path.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// O_NONBLOCK: a FIFO in the place of a configuration file must not make the launcher wait.
UniqueFd OpenRegular(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return UniqueFd();
  return fd;
}

std::string ReadUpTo(int fd, size_t limit) {
  std::string text;
  char buffer[4096];
  while (text.size() < limit) {
    ssize_t got = read(fd, buffer, std::min(sizeof buffer, limit - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t limit) {
  UniqueFd fd = OpenRegular(path);
  if (!fd.valid()) return absl::NotFoundError(absl::StrCat(path, " is not a readable file"));
  std::string text = ReadUpTo(fd.get(), limit + 1);
  if (text.size() > limit) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, " is longer than ", limit, " bytes, which is the most that is read"));
  }
  return text;
}

std::string ReadFileHead(const std::string& path, size_t limit) {
  UniqueFd fd = OpenRegular(path);
  return fd.valid() ? ReadUpTo(fd.get(), limit) : std::string();
}

bool IsDirectory(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool IsRegularFile(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

bool IsProgram(const std::string& path) {
  return IsRegularFile(path) && faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

bool CouldWrite(const std::string& path) {
  std::string at = path;
  for (;;) {
    if (faccessat(AT_FDCWD, at.c_str(), W_OK, AT_EACCESS) == 0) return true;
    if ((errno != ENOENT && errno != ENOTDIR) || at == "/") return false;
    at = ParentOf(at);
  }
}

std::vector<std::string> ListDirectory(const std::string& path, size_t limit) {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return names;
  while (names.size() < limit) {
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) break;
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string CanonicalPath(const std::string& path) {
  std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), free);
  if (real != nullptr) return real.get();
  std::error_code error;
  std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
  if (error) canonical = std::filesystem::path(path).lexically_normal();
  std::string text = canonical.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string AbsolutePath(std::string_view directory, std::string_view path) {
  if (!path.empty() && path.front() == '/') return std::string(path);
  std::string absolute(directory);
  if (absolute.empty() || absolute.back() != '/') absolute += '/';
  absolute += path;
  return absolute;
}

std::string ParentOf(std::string_view path) { return std::string(ParentPath(path)); }

std::string BaseNameOf(std::string_view path) { return std::string(BaseName(path)); }

std::vector<std::string> WithoutNested(std::vector<std::string> paths) {
  // A hierarchy sorts before what lies beneath it, though not right before: "/a", "/a-b", "/a/c".
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> kept;
  for (std::string& path : paths) {
    bool covered = std::any_of(kept.begin(), kept.end(),
                               [&](const std::string& other) { return IsWithin(path, other); });
    if (!covered) kept.push_back(std::move(path));
  }
  return kept;
}

}  // namespace safe_trace
