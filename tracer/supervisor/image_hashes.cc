#include "tracer/supervisor/image_hashes.h"

#include <sys/stat.h>
#include <time.h>

#include "tracer/tracee/image.h"

namespace safe_trace {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
// A file that was changed within one tick of the file system's clock may change again unseen.
constexpr int64_t kSettled = 2 * kSecond;

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

bool HasSettled(const struct stat& file) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now) - Nanoseconds(file.st_ctim) > kSettled;
}

}  // namespace

std::string ImageHashes::Sha256(int fd, const std::function<bool()>& stopping) {
  struct stat file {};
  // Looked at before the content: a change that comes later makes another identity.
  if (fstat(fd, &file) != 0 || !HasSettled(file)) return FileSha256(fd, stopping);
  const Identity identity{file.st_dev, file.st_ino, file.st_size, Nanoseconds(file.st_mtim),
                          Nanoseconds(file.st_ctim)};
  auto known = known_.find(identity);
  if (known != known_.end()) return known->second;
  std::string hash = FileSha256(fd, stopping);
  if (hash.empty()) return hash;
  if (known_.size() >= kMaximumEntries) known_.clear();
  struct stat after {};
  const bool is_same = fstat(fd, &after) == 0 && after.st_size == file.st_size &&
                       Nanoseconds(after.st_ctim) == Nanoseconds(file.st_ctim);
  if (is_same) known_[identity] = hash;
  return hash;
}

}  // namespace safe_trace
