#include "tracer/events/trace_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// write(2) beyond RLIMIT_FSIZE raises SIGXFSZ for the calling thread, whose default ends the whole
// process. Blocked, the call fails with EFBIG instead, and the pending signal is taken away.
class FileSizeSignalGuard {
 public:
  FileSizeSignalGuard() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  ~FileSizeSignalGuard() {
    if (sigismember(&before_, SIGXFSZ) == 1) return;
    const timespec no_wait{};
    sigtimedwait(&signal_, nullptr, &no_wait);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  FileSizeSignalGuard(const FileSizeSignalGuard&) = delete;
  FileSizeSignalGuard& operator=(const FileSizeSignalGuard&) = delete;

 private:
  sigset_t signal_;
  sigset_t before_;
};

absl::Status MakeParents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    if (mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) continue;
    const int error = errno;
    struct stat status {};
    // A read-only file system answers EROFS even for directories that are there.
    if (stat(directory.c_str(), &status) == 0) continue;
    return ErrnoStatus(error, absl::StrCat("making the directory ", directory,
                                           " for the trace (another place: -o FILE)"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TraceFile>> TraceFile::Create(const std::string& path) {
  if (path.empty() || path.back() == '/') {
    return absl::InvalidArgumentError("the trace needs a file name, not a directory");
  }
  if (absl::Status made = MakeParents(path); !made.ok()) return made;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC;
  UniqueFd fd(open(path.c_str(), kFlags, 0600));
  if (!fd.valid()) {
    if (errno == EEXIST) {
      return absl::AlreadyExistsError(absl::StrCat(
          "there is already something at ", path,
          ", and a trace never overwrites: name a new file with -o, or remove that one"));
    }
    return LastErrnoStatus(absl::StrCat("making the trace ", path, " (another place: -o FILE)"));
  }
  if (fchmod(fd.get(), 0600) != 0) return LastErrnoStatus(absl::StrCat("chmod of ", path));
  // Lets a reader tell a run that goes on from one that was killed; where the file system has no
  // locks the reader says "killed or still running".
  (void)flock(fd.get(), LOCK_EX | LOCK_NB);
  return std::unique_ptr<TraceFile>(new TraceFile(path, std::move(fd)));
}

int TraceFile::WriteAll(std::string_view bytes, size_t& written) {
  const FileSizeSignalGuard guard;
  while (written < bytes.size()) {
    const ssize_t count = write(fd_.get(), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;
    written += static_cast<size_t>(count);
  }
  return 0;
}

absl::Status TraceFile::Append(std::string_view lines) {
  size_t written = 0;
  const int error = WriteAll(lines, written);
  const size_t newline = lines.substr(0, written).rfind('\n');
  if (newline != std::string_view::npos) size_ += static_cast<int64_t>(newline) + 1;
  return error == 0 ? absl::OkStatus() : CutBack(error);
}

absl::Status TraceFile::AppendWhole(std::string_view bytes) {
  size_t written = 0;
  if (const int error = WriteAll(bytes, written); error != 0) return CutBack(error);
  size_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

absl::Status TraceFile::CutBack(int error) {
  std::string what = absl::StrCat("writing the trace ", path_);
  if (ftruncate(fd_.get(), size_) != 0) absl::StrAppend(&what, " (its last line is incomplete)");
  return ErrnoStatus(error, what);
}

absl::Status TraceFile::Sync() {
  if (fdatasync(fd_.get()) == 0 || errno == EINVAL) return absl::OkStatus();
  return LastErrnoStatus(absl::StrCat("flushing the trace ", path_, " to disk"));
}

}  // namespace safe_trace
