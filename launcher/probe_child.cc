#include "launcher/probe_child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace safe_trace {
namespace {

constexpr int64_t kMostMilliseconds = 2000;

int64_t NowMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

void EndAndReap(pid_t pid) {
  kill(pid, SIGKILL);
  int status = 0;
  while (true) {
    const pid_t waited = waitpid(pid, &status, __WALL);
    // ECHILD: SIGCHLD is ignored here and the kernel reaped it.
    if (waited < 0 && errno != EINTR) return;
    if (waited < 0) continue;
    if (!WIFSTOPPED(status)) return;
    // A task that was seized with TRACEEXIT stops once more on its way out, SIGKILL or not.
    ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  }
}

bool ReadableWithinBound(int fd) {
  const int64_t end = NowMilliseconds() + kMostMilliseconds;
  while (true) {
    pollfd wait{fd, POLLIN, 0};
    const int64_t left = end - NowMilliseconds();
    if (left <= 0) return false;
    const int ready = poll(&wait, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

struct Pipe {
  UniqueFd read_end, write_end;
};

bool MakePipe(Pipe& made) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  made.read_end.Reset(ends[0]);
  made.write_end.Reset(ends[1]);
  return true;
}

// The parent may have died between fork and prctl: its death signal is then never sent.
void DieWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
}

}  // namespace

uint32_t RunInChild(uint32_t (*probe)()) {
  Pipe result;
  if (!MakePipe(result)) return 0;
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return 0;
  if (pid == 0) {
    DieWithParent(parent);
    const uint32_t bits = probe();
    const ssize_t written = write(result.write_end.get(), &bits, sizeof(bits));
    _exit(written == sizeof(bits) ? 0 : 1);
  }
  result.write_end.Reset();
  uint32_t bits = 0;
  if (!ReadableWithinBound(result.read_end.get()) ||
      read(result.read_end.get(), &bits, sizeof(bits)) != sizeof(bits)) {
    bits = 0;
  }
  EndAndReap(pid);
  return bits;
}

SleepingChild::SleepingChild() {
  Pipe pipe;
  if (!MakePipe(pipe)) return;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    DieWithParent(parent);
    pipe.write_end.Reset();
    char byte;
    while (read(pipe.read_end.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    _exit(0);
  }
  keep_alive_ = std::move(pipe.write_end);
}

SleepingChild::~SleepingChild() {
  if (pid_ > 0) EndAndReap(pid_);
}

}  // namespace safe_trace
