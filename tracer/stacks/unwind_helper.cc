#include "tracer/stacks/unwind_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "tracer/stacks/unwind_protocol.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kCheckMs = 50;  // how often `stopping` is looked at

// How long one exchange may still take.
struct Patience {
  Clock::time_point until;
  const std::function<bool()>& stopping;

  // Waits for `events`; OK when they are there.
  absl::Status Wait(int fd, short events) const {
    while (true) {
      pollfd entry{fd, events, 0};
      const int ready = poll(&entry, 1, kCheckMs);
      if (ready > 0) return absl::OkStatus();
      if (ready < 0 && errno != EINTR) return LastErrnoStatus("waiting for safe-trace-unwind");
      if (Clock::now() >= until || stopping()) {
        return absl::DeadlineExceededError("the stack was not unwound in time");
      }
    }
  }
};

absl::Status WriteAll(int fd, const std::string& bytes, const Patience& patience) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = write(fd, bytes.data() + done, bytes.size() - done);
    if (count > 0) {
      done += static_cast<size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      if (absl::Status waited = patience.Wait(fd, POLLOUT); !waited.ok()) return waited;
    } else if (count < 0 && errno != EINTR) {
      return LastErrnoStatus("writing to safe-trace-unwind");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadAll(int fd, void* buffer, size_t size, const Patience& patience) {
  auto* at = static_cast<char*>(buffer);
  while (size > 0) {
    if (absl::Status waited = patience.Wait(fd, POLLIN); !waited.ok()) return waited;
    const ssize_t count = read(fd, at, size);
    if (count == 0) return absl::UnavailableError("safe-trace-unwind ended");
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return LastErrnoStatus("reading from safe-trace-unwind");
    }
    if (count < 0) continue;
    at += count;
    size -= static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return LastErrnoStatus("a pipe to safe-trace-unwind");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A new process with these as its standard input and output, nothing else, and no environment.
absl::Status Spawn(const std::string& program, int input, int output) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  // A group of its own: what the terminal sends (Ctrl-C) is for the command.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  char* arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &files, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "starting " + program);
}

}  // namespace

absl::Status UnwindHelper::Start() {
  if (starts_ >= kMaximumStarts) {
    return absl::UnavailableError("safe-trace-unwind failed too often in this run");
  }
  ++starts_;
  absl::StatusOr<Pipe> requests = MakePipe();
  if (!requests.ok()) return requests.status();
  absl::StatusOr<Pipe> answers = MakePipe();
  if (!answers.ok()) return answers.status();
  if (fcntl(requests->write.get(), F_SETFL, O_NONBLOCK) != 0) {
    return LastErrnoStatus("a pipe to safe-trace-unwind");
  }
  absl::Status spawned = Spawn(program_, requests->read.get(), answers->write.get());
  if (!spawned.ok()) return spawned;
  requests_ = std::move(requests->write);
  answers_ = std::move(answers->read);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NativeFrame>> UnwindHelper::Ask(const StackSample& sample,
                                                           const std::function<bool()>& stopping) {
  const Patience patience{Clock::now() + std::chrono::milliseconds(kPatienceMs), stopping};
  const std::string message = EncodeSample(sample);
  if (message.size() > kMaximumSampleMessage) {
    return absl::ResourceExhaustedError("the process has too many mappings to be unwound");
  }
  const auto size = static_cast<uint32_t>(message.size());
  const std::string head(reinterpret_cast<const char*>(&size), sizeof(size));
  absl::Status status = WriteAll(requests_.get(), head + message, patience);
  uint32_t length = 0;
  if (status.ok()) status = ReadAll(answers_.get(), &length, sizeof(length), patience);
  if (!status.ok()) return status;
  if (length > kMaximumFramesMessage) return absl::DataLossError("not the frames of a stack");
  std::string frames(length, '\0');
  status = ReadAll(answers_.get(), frames.data(), length, patience);
  if (!status.ok()) return status;
  return DecodeFrames(frames);
}

absl::StatusOr<std::vector<NativeFrame>> UnwindHelper::Unwind(
    const StackSample& sample, const std::function<bool()>& stopping) {
  if (!requests_.valid()) {
    if (absl::Status started = Start(); !started.ok()) return started;
  }
  absl::StatusOr<std::vector<NativeFrame>> frames = Ask(sample, stopping);
  if (!frames.ok()) {
    // Nothing more is heard of this one: it ends with its input, at the latest with this thread.
    requests_.Reset();
    answers_.Reset();
  }
  return frames;
}

}  // namespace safe_trace
