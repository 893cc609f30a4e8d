#include "launcher/trusted_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "launcher/concat.h"
#include "launcher/terminal_text.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = 1024 * 1024;

absl::Status CheckBelievable(const struct stat& info, const std::string& shown, uid_t user) {
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(Concat(shown, ": not a regular file"));
  }
  if (info.st_uid != user && info.st_uid != 0) {
    return absl::PermissionDeniedError(
        Concat(shown, ": belongs to user ", info.st_uid, ", neither to you (", user,
               ") nor to root, so it is not believed\n  Make it yours, or remove it."));
  }
  if ((info.st_mode & S_IWOTH) != 0) {
    return absl::PermissionDeniedError(
        Concat(shown, ": everybody may write it, so it is not believed\n  Next: chmod o-w ",
               ShellQuote(shown)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& shown) {
  std::string text(kMostBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return LastErrnoStatus(Concat("reading ", shown));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kMostBytes) {
    return absl::ResourceExhaustedError(Concat(shown, ": larger than 1 MiB"));
  }
  text.resize(size);
  return text;
}

absl::StatusOr<std::vector<std::string>> ReadTrustedLines(const std::string& list, uid_t user) {
  absl::StatusOr<std::string> text = ReadBelievedFile(list, user);
  if (absl::IsNotFound(text.status())) return std::vector<std::string>();
  if (!text.ok()) return text.status();
  return std::vector<std::string>(absl::StrSplit(*text, '\n', absl::SkipEmpty()));
}

absl::StatusOr<std::string> CanonicalPath(const std::string& path) {
  std::error_code error;
  std::string canonical = fs::canonical(path, error).string();
  if (error) return ErrnoStatus(error.value(), EscapeForTerminal(path));
  // Its line in the list could be read as two.
  if ((canonical.find('\n') != std::string_view::npos)) {
    return absl::InvalidArgumentError(
        Concat(EscapeForTerminal(path), ": a path with a line end cannot be trusted"));
  }
  return canonical;
}

absl::Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return LastErrnoStatus("writing");
    text.remove_prefix(static_cast<size_t>(put));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : LastErrnoStatus("fsync");
}

absl::Status ReplaceFile(const std::string& path, std::string_view text) {
  const std::string shown = EscapeForTerminal(path);
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!fd.valid()) return LastErrnoStatus(Concat("creating a file beside ", shown));
  absl::Status status = WriteAll(fd.get(), text);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = LastErrnoStatus("rename");
  }
  if (status.ok()) return status;
  unlink(temporary.c_str());
  return absl::Status(status.code(), Concat(shown, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::string> ReadBelievedFile(const std::string& path, uid_t user) {
  const std::string shown = EscapeForTerminal(path);
  // O_NONBLOCK: opening a FIFO for reading would wait for a writer.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid() && errno == ENOTDIR) return ErrnoStatus(ENOENT, shown);
  if (!fd.valid()) return LastErrnoStatus(shown);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return LastErrnoStatus(shown);
  if (absl::Status status = CheckBelievable(info, shown, user); !status.ok()) return status;
  return ReadAll(fd.get(), shown);
}

absl::StatusOr<bool> IsTrusted(const std::string& state_directory, uid_t user,
                               const std::string& digest, const std::string& path) {
  if (state_directory.empty()) return false;
  absl::StatusOr<std::vector<std::string>> lines =
      ReadTrustedLines(state_directory + "/trusted", user);
  if (!lines.ok()) return lines.status();
  absl::StatusOr<std::string> canonical = CanonicalPath(path);
  if (!canonical.ok()) return false;
  const std::string wanted = Concat(digest, "  ", *canonical);
  return std::find(lines->begin(), lines->end(), wanted) != lines->end();
}

absl::Status AddTrusted(const std::string& state_directory, uid_t user, const std::string& digest,
                        const std::string& path) {
  if (state_directory.empty()) {
    return absl::FailedPreconditionError(
        "no place to remember trust: neither $HOME nor $XDG_STATE_HOME is set");
  }
  absl::StatusOr<std::string> canonical = CanonicalPath(path);
  if (!canonical.ok()) return canonical.status();
  std::error_code error;
  const mode_t before = umask(0077);
  fs::create_directories(state_directory, error);
  umask(before);
  if (error) return ErrnoStatus(error.value(), EscapeForTerminal(state_directory));
  const std::string list = state_directory + "/trusted";
  absl::StatusOr<std::vector<std::string>> lines = ReadTrustedLines(list, user);
  if (!lines.ok()) return lines.status();
  const std::string ending = Concat("  ", *canonical);
  std::erase_if(*lines, [&ending](const std::string& line) {
    return line.size() == 64 + ending.size() && line.ends_with(ending);
  });
  lines->push_back(Concat(digest, ending));
  return ReplaceFile(list, absl::StrJoin(*lines, "\n") + "\n");
}

}  // namespace safe_trace
