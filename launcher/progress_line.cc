#include "launcher/progress_line.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <system_error>

#include "launcher/concat.h"
#include "launcher/host_paths.h"

namespace safe_trace {
namespace {

constexpr std::chrono::seconds kRefresh(2);
constexpr int kLookMs = 500;
constexpr char kClear[] = "\x1b[A\r\x1b[2K";

// True where `watch` had events; they are gone then.
bool TookEvents(int watch) {
  char events[4096];
  bool any = false;
  while (read(watch, events, sizeof(events)) > 0) any = true;
  return any;
}

UniqueFd WatchWriting(const char* path) {
  UniqueFd watch(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watch.valid() && inotify_add_watch(watch.get(), path, IN_MODIFY) < 0) watch.Reset();
  return watch;
}

// "0 0x3 ..." in read(2): a prompt waits for the user's answer.
bool IsReadingTerminal(pid_t process) {
  const std::string place = Concat("/proc/", process);
  const absl::StatusOr<std::string> call = ReadSmallFile(place + "/syscall", 1024);
  if (!call.ok() || !std::string_view(*call).starts_with("0 0x")) return false;
  const long fd = std::strtol(call->c_str() + 4, nullptr, 16);
  struct stat status {};
  return stat(Concat(place, "/fd/", fd).c_str(), &status) == 0 && S_ISCHR(status.st_mode);
}

}  // namespace

std::string ProgressText(std::chrono::seconds since, const RunTally::Counts& counts) {
  const auto plural = [](uint64_t count, std::string_view one, std::string_view many) {
    return Concat(count, " ", count == 1 ? one : many);
  };
  std::string text = Concat("safe-trace: ", since.count(), " s, code of ",
                            plural(counts.done, "package", "packages"), " done");
  if (counts.running > 0) text += Concat(", ", counts.running, " running");
  if (counts.violations > 0) {
    text += Concat(", ", plural(counts.violations, "violation", "violations"));
  }
  return text;
}

std::unique_ptr<ProgressLine> ProgressLine::Start(pid_t command,
                                                  std::function<std::string()> text) {
  const char* kind = getenv("TERM");
  if (isatty(STDERR_FILENO) == 0 || kind == nullptr || std::string_view(kind) == "dumb") {
    return nullptr;
  }
  std::unique_ptr<ProgressLine> line(new ProgressLine(command, std::move(text)));
  if (!line->Watch()) return nullptr;
  // Signals belong to the supervisor's loop.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    line->thread_ = std::thread([raw = line.get()] { raw->Run(); });
  } catch (const std::system_error&) {
    line.reset();  // a run without this line is as good
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return line;
}

ProgressLine::ProgressLine(pid_t command, std::function<std::string()> text)
    : command_(command), text_(std::move(text)) {}

ProgressLine::~ProgressLine() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!write(stop_.get(), &one, sizeof(one));
    thread_.join();
  }
  Clear();
}

bool ProgressLine::Watch() {
  terminal_.Reset(open(Concat("/proc/self/fd/", STDERR_FILENO).c_str(),
                       O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  // Another terminal than the session's own would get a line that nobody can take away.
  if (!terminal_.valid() || tcgetsid(STDERR_FILENO) != getsid(0)) return false;
  watch_ = WatchWriting(Concat("/proc/self/fd/", STDERR_FILENO).c_str());
  tty_watch_ = WatchWriting("/dev/tty");
  stop_.Reset(eventfd(0, EFD_CLOEXEC));
  return watch_.valid() && tty_watch_.valid() && stop_.valid();
}

void ProgressLine::Run() {
  for (;;) {
    pollfd entries[] = {{stop_.get(), POLLIN, 0}};
    if (poll(entries, 1, kLookMs) > 0) return;
    const std::lock_guard lock(mutex_);
    const bool is_written = NoticeWriting();
    const Clock::time_point now = Clock::now();
    if (is_written || now - last_writing_ < kSilence) continue;
    if (is_shown_ && now - last_drawing_ < kRefresh) continue;
    if (MayDraw()) Draw();
  }
}

bool ProgressLine::NoticeWriting() {
  const bool to_node = TookEvents(watch_.get());
  const bool to_tty = TookEvents(tty_watch_.get());
  if (!to_node && !to_tty) return false;
  is_shown_ = false;
  last_writing_ = Clock::now();
  return true;
}

bool ProgressLine::MayDraw() const {
  termios modes{};
  constexpr tcflag_t kPrinting = ICANON | ECHO;
  return tcgetpgrp(terminal_.get()) == getpgrp() && tcgetattr(terminal_.get(), &modes) == 0 &&
         (modes.c_lflag & kPrinting) == kPrinting && !IsReadingTerminal(command_);
}

void ProgressLine::Draw() {
  winsize size{};
  if (ioctl(terminal_.get(), TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return;
  const size_t columns = size.ws_col;
  const std::string text = text_().substr(0, columns - 1);
  // Where the cursor is in a row is not known. So many blanks end in the next row if it is not in
  // the first column, and change nothing if it is.
  const std::string place = is_shown_ ? kClear : std::string(columns - 1, ' ') + "\r";
  Write(Concat(place, text, "\n"));
  is_shown_ = true;
  last_drawing_ = Clock::now();
}

void ProgressLine::Write(const std::string& text) {
  // Output that is stopped (Ctrl-S) must not hold up the run: then it is left out.
  (void)!write(terminal_.get(), text.data(), text.size());
  TookEvents(watch_.get());
}

void ProgressLine::Clear() {
  const std::lock_guard lock(mutex_);
  NoticeWriting();
  if (is_shown_) Write(kClear);
  is_shown_ = false;
  last_writing_ = Clock::now();
}

}  // namespace safe_trace
