#include "launcher/event_sinks.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "launcher/concat.h"
#include "launcher/terminal_text.h"
#include "launcher/verbs.h"
#include "tracer/events/sink_address.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Of one write of the trace's thread. The program reads without pause: more is waited for only
// where the machine is very busy.
constexpr milliseconds kPatience(20);
// libcurl looks up from a request that nobody answers once a second.
constexpr milliseconds kSlack(1500);
constexpr size_t kMaxWaitingBytes = size_t{16} << 20;
constexpr size_t kMaxReportBytes = 64 * 1024;
constexpr int kPipeBytes = 1 << 20;
constexpr std::string_view kViolation = "\"event.kind\":\"alert\"";

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return LastErrnoStatus("a pipe for safe-trace-sink");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// In the child of a process with threads: async-signal-safe calls only.
[[noreturn]] void BecomeProgram(char* const* arguments, int input, int output) {
  const pid_t orphan = fork();
  if (orphan != 0) _exit(orphan > 0 ? 0 : 1);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  char language[] = "LC_ALL=C.UTF-8";
  char* const environment[] = {language, nullptr};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(null, 2) == 2) {
    execve(arguments[0], arguments, environment);
  }
  _exit(125);
}

// An orphan from the start: the run waits for its own children only, and must not end it.
absl::Status StartProgram(std::vector<std::string> words, int input, int output) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) return LastErrnoStatus("fork for safe-trace-sink");
  if (child == 0) BecomeProgram(arguments.data(), input, output);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError("safe-trace-sink could not be started");
}

absl::StatusOr<std::string> FindProgram() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return ErrnoStatus(error.value(), "reading /proc/self/exe");
  return FindCompanion("sink", self.string());
}

absl::StatusOr<std::vector<std::string>> CheckedSinks(const std::vector<Entry>& sinks) {
  if (sinks.size() > kMaxSinks) {
    return absl::InvalidArgumentError(Concat("more than ", kMaxSinks, " sinks"));
  }
  std::vector<std::string> texts;
  for (const Entry& sink : sinks) {
    const absl::StatusOr<SinkAddress> address = ParseSinkAddress(sink.value);
    if (!address.ok()) {
      return absl::InvalidArgumentError(Concat(sink.origin, " '", EscapeAndShorten(sink.value, 120),
                                               "': ", std::string(address.status().message())));
    }
    texts.push_back(sink.value);
  }
  return texts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventSinks>> EventSinks::Start(const std::vector<Entry>& sinks,
                                                              const std::string& run_id) {
  if (sinks.empty()) return std::unique_ptr<EventSinks>();
  absl::StatusOr<std::vector<std::string>> texts = CheckedSinks(sinks);
  if (!texts.ok()) return texts.status();
  absl::StatusOr<std::string> program = FindProgram();
  if (!program.ok()) return program.status();
  absl::StatusOr<Pipe> lines = MakePipe();
  absl::StatusOr<Pipe> reports = MakePipe();
  if (!lines.ok() || !reports.ok()) return lines.ok() ? reports.status() : lines.status();
  std::vector<std::string> words = {*program, run_id};
  words.insert(words.end(), texts->begin(), texts->end());
  absl::Status started = StartProgram(std::move(words), lines->read.get(), reports->write.get());
  if (!started.ok()) return started;
  // Only this end: the program's own reads and writes wait.
  fcntl(lines->write.get(), F_SETFL, O_NONBLOCK);
  (void)fcntl(lines->write.get(), F_SETPIPE_SZ, kPipeBytes);  // may be beyond the user's share
  return std::unique_ptr<EventSinks>(
      new EventSinks(*std::move(texts), std::move(lines->write), std::move(reports->read)));
}

void EventSinks::Take(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  waiting_ += lines;
  WriteOut(kPatience);
  if (waiting_.size() > kMaxWaitingBytes) MakeRoom();
}

void EventSinks::WriteOut(milliseconds most) {
  const Clock::time_point deadline = Clock::now() + most;
  size_t written = 0;
  while (written < waiting_.size()) {
    const ssize_t count = write(lines_.get(), waiting_.data() + written, waiting_.size() - written);
    if (count > 0) {
      written += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
      pollfd entry{lines_.get(), POLLOUT, 0};
      if (left.count() <= 0 || poll(&entry, 1, static_cast<int>(left.count())) <= 0) break;
    } else if (errno != EINTR) {
      break;  // EPIPE: the program is gone; what waits is dropped when room is needed
    }
  }
  waiting_.erase(0, written);
}

void EventSinks::MakeRoom() {
  // The first line may be half written: it stays.
  size_t at = waiting_.find('\n') + 1;
  std::string kept = waiting_.substr(0, at);
  while (at < waiting_.size()) {
    const size_t end = std::min(waiting_.find('\n', at), waiting_.size() - 1) + 1;
    const std::string_view line = std::string_view(waiting_).substr(at, end - at);
    const bool is_kept = line.find(kViolation) != std::string_view::npos &&
                         kept.size() + line.size() <= kMaxWaitingBytes / 2;
    if (is_kept) kept += line;
    dropped_ += is_kept ? 0 : 1;
    at = end;
  }
  waiting_ = std::move(kept);
}

std::vector<std::string> EventSinks::ReadReport(Clock::time_point deadline) {
  std::string report;
  char buffer[4096];
  while (report.size() < kMaxReportBytes && !report.ends_with(".\n")) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    pollfd entry{reports_.get(), POLLIN, 0};
    if (left <= 0 || poll(&entry, 1, static_cast<int>(left)) <= 0) break;
    const ssize_t count = read(reports_.get(), buffer, sizeof(buffer));
    if (count <= 0) break;
    report.append(buffer, static_cast<size_t>(count));
  }
  std::vector<std::string> texts;
  std::istringstream lines(report);
  for (const std::string& sink : sinks_) {
    uint64_t delivered = 0, dropped = 0, violations = 0, rejected = 0;
    std::string line, error;
    std::getline(lines, line);
    std::istringstream words(line);
    if (!(words >> delivered >> dropped >> violations >> rejected)) {
      texts.push_back(Concat(sink, " unknown: safe-trace-sink does not answer"));
      continue;
    }
    std::getline(words >> std::ws, error);
    texts.push_back(Concat(sink, " delivered=", delivered, " dropped=", dropped + dropped_,
                           " rejected=", rejected,
                           violations > 0 ? Concat(" violations_dropped=", violations) : "",
                           error.empty() ? "" : Concat(" error=", error)));
  }
  return texts;
}

std::vector<std::string> EventSinks::Settle(milliseconds most) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point deadline = Clock::now() + most;
  waiting_ += Concat("#settle ", most.count(), "\n");
  WriteOut(most);
  // The program counts the same time from when it reads the order.
  return ReadReport(deadline + kSlack);
}

std::vector<std::string> EventSinks::Finish(milliseconds most) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point deadline = Clock::now() + most;
  waiting_ += Concat("#close ", most.count(), "\n");
  WriteOut(most);
  lines_.Reset();
  return ReadReport(deadline + kSlack);
}

}  // namespace safe_trace
