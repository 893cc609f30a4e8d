#include "tracer/tracee/image.h"

#include <fcntl.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumArgumentBytes = 64 * 1024;
constexpr size_t kMaximumEnvironmentBytes = 8 * 1024 * 1024;
constexpr off_t kMaximumHashed = off_t{1} << 28;

std::string ProcPath(pid_t tid, const char* entry) {
  return "/proc/" + std::to_string(tid) + "/" + entry;
}

absl::StatusOr<std::string> ReadAll(const std::string& path, size_t limit) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return LastErrnoStatus("opening " + path);
  std::string text;
  std::array<char, 16384> buffer;
  while (text.size() < limit) {
    ssize_t count = read(fd.get(), buffer.data(), std::min(buffer.size(), limit - text.size()));
    if (count < 0) return LastErrnoStatus("reading " + path);
    if (count == 0) break;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  return text;
}

std::vector<std::string> SplitAtNul(const std::string& text, size_t limit) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin < text.size() && parts.size() < limit) {
    size_t end = text.find('\0', begin);
    if (end == std::string::npos) end = text.size();
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string LinkTarget(const std::string& link) {
  char buffer[PATH_MAX];
  ssize_t length = readlink(link.c_str(), buffer, sizeof(buffer));
  return length <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(length));
}

}  // namespace

absl::StatusOr<Image> ReadImage(pid_t tid) {
  Image image;
  std::string exe = ProcPath(tid, "exe");
  image.file.Reset(open(exe.c_str(), O_RDONLY | O_CLOEXEC));
  if (!image.file.valid()) return LastErrnoStatus("opening the executable of a task");
  image.executable = LinkTarget(exe);
  if (image.executable.empty()) return LastErrnoStatus("reading the executable's path");
  absl::StatusOr<std::string> arguments = ReadAll(ProcPath(tid, "cmdline"), kMaximumArgumentBytes);
  if (!arguments.ok()) return arguments.status();
  image.arguments = SplitAtNul(*arguments, kMaximumArguments);
  image.working_directory = LinkTarget(ProcPath(tid, "cwd"));
  return image;
}

absl::StatusOr<std::vector<std::string>> ReadEnvironmentOf(pid_t tid) {
  absl::StatusOr<std::string> text = ReadAll(ProcPath(tid, "environ"), kMaximumEnvironmentBytes);
  if (!text.ok()) return text.status();
  return SplitAtNul(*text, text->size());
}

std::string FileSha256(int fd, const std::function<bool()>& stopping) {
  sha256_ctx context;
  sha256_init(&context);
  std::vector<uint8_t> buffer(128 * 1024);
  off_t offset = 0;
  while (true) {
    ssize_t count = pread(fd, buffer.data(), buffer.size(), offset);
    if (count < 0 || offset > kMaximumHashed || stopping()) return {};
    if (count == 0) break;
    sha256_update(&context, static_cast<size_t>(count), buffer.data());
    offset += count;
  }
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  std::string text;
  for (uint8_t byte : digest) {
    char hex[3];
    snprintf(hex, sizeof(hex), "%02x", byte);
    text += hex;
  }
  return text;
}

}  // namespace safe_trace
