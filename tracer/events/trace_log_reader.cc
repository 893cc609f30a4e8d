#include "tracer/events/trace_log_reader.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "tracer/events/json_line.h"
#include "tracer/events/trace_record.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
// The header and the summary of any run of ours are shorter.
constexpr size_t kEdgeBytes = 2 * 1024 * 1024;
constexpr size_t kFirstEdgeBytes = 16 * 1024;
constexpr uint64_t kMaxCompressedEdgeBytes = uint64_t{256} * 1024 * 1024;

absl::StatusOr<std::string> ReadRange(int fd, off_t offset, size_t length) {
  std::string text(length, '\0');
  size_t got = 0;
  while (got < length) {
    const ssize_t count =
        pread(fd, text.data() + got, length - got, offset + static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return LastErrnoStatus("reading the trace");
    if (count == 0) break;
    got += static_cast<size_t>(count);
  }
  text.resize(got);
  return text;
}

std::string FirstLine(std::string_view text) {
  const size_t newline = text.find('\n');
  return newline == std::string_view::npos ? "" : std::string(text.substr(0, newline));
}

// The last complete line; `is_whole` says that `text` begins where the file does.
std::string LastLine(std::string_view text, bool is_whole) {
  const size_t end = text.rfind('\n');
  if (end == std::string_view::npos) return "";
  const size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
  if (before == std::string_view::npos && !is_whole) return "";
  const size_t start = before == std::string_view::npos ? 0 : before + 1;
  return std::string(text.substr(start, end - start));
}

absl::StatusOr<TraceEdges> ReadCompressedEdges(int fd) {
  UniqueFd copy(dup(fd));  // shares the position in the file
  if (!copy.valid() || lseek(copy.get(), 0, SEEK_SET) != 0) return LastErrnoStatus("the trace");
  TraceLogReader reader(std::move(copy));
  TraceEdges edges;
  TraceLine line;
  uint64_t bytes = 0;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (!line.is_complete) continue;
    if (line.number == 1) edges.first = std::string(line.text);
    edges.last.assign(line.text);
    bytes += line.text.size();
    if (bytes > kMaxCompressedEdgeBytes)
      return absl::ResourceExhaustedError("too long to be listed");
  }
  if (lseek(fd, 0, SEEK_SET) != 0) return LastErrnoStatus("the trace");
  return edges;
}

}  // namespace

absl::StatusOr<UniqueFd> OpenTrace(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return LastErrnoStatus(path);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return LastErrnoStatus(path);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  }
  return fd;
}

absl::StatusOr<TraceLogReader> TraceLogReader::Open(const std::string& path) {
  absl::StatusOr<UniqueFd> fd = OpenTrace(path);
  if (!fd.ok()) return fd.status();
  TraceLogReader reader(*std::move(fd));
  reader.name_ = path;
  return reader;
}

absl::StatusOr<bool> TraceLogReader::Next(TraceLine& line) {
  for (;;) {
    const size_t newline = buffer_.find('\n', scanned_);
    if (newline != std::string::npos) {
      Emit(newline - start_, true, line);
      start_ = scanned_ = newline + 1;
      if (line.number > 1) return true;
      const absl::Status known = CheckVersion(line);
      if (!known.ok()) return known;
      return true;
    }
    scanned_ = buffer_.size();
    if (buffer_.size() - start_ > kMaxTraceLineBytes) {
      skipping_ = true;
      start_ = scanned_;
    }
    const absl::StatusOr<size_t> got = Fill();
    if (!got.ok()) return got.status();
    if (*got > 0) continue;
    const bool has_rest = skipping_ || scanned_ > start_;
    if (!has_rest) return false;
    Emit(scanned_ - start_, false, line);
    start_ = scanned_;
    return true;
  }
}

absl::StatusOr<size_t> TraceLogReader::Fill() {
  buffer_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  if (buffer_.empty() && buffer_.capacity() > 4 * kReadBytes) buffer_.shrink_to_fit();
  const size_t kept = buffer_.size();
  buffer_.resize(kept + kReadBytes);
  absl::StatusOr<size_t> count = ReadSome(buffer_.data() + kept, kReadBytes);
  if (count.ok() && !began_ && BeginsLikeZstd(std::string_view(buffer_).substr(0, *count))) {
    compressed_.emplace(buffer_.substr(0, *count));
    count = ReadSome(buffer_.data() + kept, kReadBytes);
  }
  began_ = true;
  buffer_.resize(kept + (count.ok() ? *count : 0));
  return count;
}

absl::StatusOr<size_t> TraceLogReader::ReadSome(char* out, size_t size) {
  if (compressed_.has_value()) {
    absl::StatusOr<size_t> count = compressed_->Read(fd_.get(), out, size);
    if (count.ok()) return count;
    const std::string after = number_ > 0 ? absl::StrCat(" (after line ", number_, ")") : "";
    return absl::Status(count.status().code(),
                        absl::StrCat(name_, ": ", count.status().message(), after));
  }
  ssize_t count = 0;
  do {
    count = read(fd_.get(), out, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return LastErrnoStatus("reading the trace");
  return static_cast<size_t>(count);
}

void TraceLogReader::Emit(size_t length, bool is_complete, TraceLine& line) {
  line.number = ++number_;
  line.is_complete = is_complete;
  line.too_long = std::exchange(skipping_, false) || length > kMaxTraceLineBytes;
  line.text = line.too_long ? std::string_view() : std::string_view(buffer_).substr(start_, length);
}

// A newer form may be one that would be misread; nothing of it is.
absl::Status TraceLogReader::CheckVersion(const TraceLine& line) const {
  const absl::StatusOr<TraceRecord> first = ParseTraceLine(line.text);
  if (!first.ok() || first->Text("event.action") != "run-start") return absl::OkStatus();
  const int64_t version = first->Number("safe_trace.schema_version", kTraceSchemaVersion);
  if (version <= kTraceSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      name_, ": written by a newer safe-trace (schema version ", version,
      "; this one reads versions up to ", kTraceSchemaVersion, "): use that one to read it"));
}

bool TraceLogReader::IsBeingWritten() const {
  if (flock(fd_.get(), LOCK_SH | LOCK_NB) == 0) {
    flock(fd_.get(), LOCK_UN);
    return false;
  }
  return errno == EWOULDBLOCK;
}

absl::StatusOr<TraceEdges> ReadTraceEdges(int fd) {
  const absl::StatusOr<std::string> start = ReadRange(fd, 0, 4);
  if (!start.ok()) return start.status();
  if (BeginsLikeZstd(*start)) return ReadCompressedEdges(fd);
  struct stat status {};
  if (fstat(fd, &status) != 0) return LastErrnoStatus("reading the trace");
  const auto size = static_cast<uint64_t>(std::max<off_t>(status.st_size, 0));
  TraceEdges edges;
  for (const size_t step : {kFirstEdgeBytes, kEdgeBytes}) {
    const size_t length = std::min<uint64_t>(size, step);
    if (edges.first.empty()) {
      absl::StatusOr<std::string> head = ReadRange(fd, 0, length);
      if (!head.ok()) return head.status();
      edges.first = FirstLine(*head);
    }
    if (edges.last.empty()) {
      absl::StatusOr<std::string> tail = ReadRange(fd, static_cast<off_t>(size - length), length);
      if (!tail.ok()) return tail.status();
      edges.last = LastLine(*tail, length == size);
    }
  }
  return edges;
}

}  // namespace safe_trace
