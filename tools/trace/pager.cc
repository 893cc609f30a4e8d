#include "tools/trace/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>

#include "tracer/unique_fd.h"

extern char** environ;

namespace safe_trace {
namespace {

constexpr int kFailed = 2;
constexpr int kNotFound = 127;
// A screen holds less; a line without end must not be kept.
constexpr size_t kMaxHeld = 1 << 20;

bool IsInPath(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find("PATH");
  const std::string all = found == environment.end() ? "/usr/bin:/bin" : found->second;
  std::string_view path = all;
  while (!path.empty()) {
    const size_t colon = std::min(path.find(':'), path.size());
    const std::string directory(path.substr(0, colon));
    if (!directory.empty() && access((directory + "/" + name).c_str(), X_OK) == 0) return true;
    path.remove_prefix(std::min(colon + 1, path.size()));
  }
  return false;
}

// False where the reader is gone.
bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// Nothing at the end.
std::string_view ReadSome(int fd, std::array<char, 65'536>& buffer) {
  for (;;) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))};
  }
}

int WaitFor(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return kFailed;
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  // Where the pager ended early, this is how the child learns it.
  return WTERMSIG(status) == SIGPIPE ? 0 : 128 + WTERMSIG(status);
}

// The pager's process, -1 where it could not be started; `input` becomes its standard input.
pid_t StartPager(const std::string& command, const UniqueFd& input) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  sigset_t reset;
  sigemptyset(&reset);
  for (const int signal : {SIGPIPE, SIGINT, SIGQUIT}) sigaddset(&reset, signal);
  posix_spawnattr_setsigdefault(&attributes, &reset);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string text = command;
  std::array<char, 3> shell = {'s', 'h', '\0'};
  std::array<char, 3> option = {'-', 'c', '\0'};
  std::array<char*, 4> argv = {shell.data(), option.data(), text.data(), nullptr};
  pid_t process = -1;
  if (posix_spawn(&process, "/bin/sh", &actions, &attributes, argv.data(), environ) != 0) {
    process = -1;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

bool Open(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe.read_end = UniqueFd(ends[0]);
  pipe.write_end = UniqueFd(ends[1]);
  return true;
}

// Passes `held` and then what comes on to the pager; its exit status.
int FeedPager(const std::string& command, const std::string& held, UniqueFd from) {
  Pipe to;
  if (!Open(to)) return kFailed;
  // The pager decides what Ctrl-C means; a reader that is gone is an error of write.
  for (const int ignored : {SIGPIPE, SIGINT, SIGQUIT}) signal(ignored, SIG_IGN);
  const pid_t pager = StartPager(command, to.read_end);
  if (pager < 0) return kNotFound;
  to.read_end = UniqueFd();
  std::array<char, 65'536> buffer;
  bool is_read = WriteAll(to.write_end.get(), held);
  while (is_read) {
    const std::string_view some = ReadSome(from.get(), buffer);
    if (some.empty()) break;
    is_read = WriteAll(to.write_end.get(), some);
  }
  from = UniqueFd();
  to.write_end = UniqueFd();
  return WaitFor(pager);
}

[[noreturn]] void Work(const UniqueFd& out, const std::function<int()>& work) {
  const bool takes_errors = isatty(STDERR_FILENO) == 1;
  if (dup2(out.get(), STDOUT_FILENO) < 0) _exit(kFailed);
  if (takes_errors && dup2(out.get(), STDERR_FILENO) < 0) _exit(kFailed);
  const int status = work();
  std::cout.flush();
  _exit(std::cout.good() || status != 0 ? status : kFailed);
}

}  // namespace

std::string PagerCommand(const std::map<std::string, std::string>& environment) {
  const auto term = environment.find("TERM");
  if (term != environment.end() && term->second == "dumb") return "";
  const auto pager = environment.find("PAGER");
  if (pager != environment.end()) return pager->second == "cat" ? "" : pager->second;
  return IsInPath(environment, "less") ? "less -R" : "";
}

size_t ScreenRows(std::string_view text, size_t columns) {
  size_t rows = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line;
    for (size_t at = 0; at < end; ++at) {
      if (text[at] != '\x1b') {
        line.push_back(text[at]);
        continue;
      }
      while (at < end && text[at] != 'm') ++at;
    }
    const size_t width = DisplayWidth(line);
    rows += std::max<size_t>(1, columns == 0 ? 1 : (width + columns - 1) / columns);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rows;
}

int RunPaged(const std::string& pager, const Terminal& terminal, const std::function<int()>& work) {
  Pipe pipe;
  if (!Open(pipe)) return work();
  std::cout.flush();
  const pid_t worker = fork();
  if (worker < 0) return work();
  if (worker == 0) {
    pipe.read_end = UniqueFd();
    Work(pipe.write_end, work);
  }
  pipe.write_end = UniqueFd();
  std::string held;
  std::array<char, 65'536> buffer;
  // One row is for the prompt of the shell.
  while (held.size() < kMaxHeld && ScreenRows(held, terminal.columns) < terminal.rows) {
    const std::string_view some = ReadSome(pipe.read_end.get(), buffer);
    if (some.empty()) {
      const bool is_written = WriteAll(STDOUT_FILENO, held);
      const int status = WaitFor(worker);
      return is_written || status != 0 ? status : kFailed;
    }
    held.append(some);
  }
  const int paged = FeedPager(pager, held, std::move(pipe.read_end));
  const int status = WaitFor(worker);
  if (paged != kNotFound) return status;
  std::cerr << "safe-trace trace: PAGER '" << SafeText(pager) << "' could not be started\n";
  return kFailed;
}

}  // namespace safe_trace
