#include "launcher/terminal_state.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace safe_trace {
namespace {

bool SameModes(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag &&
         a.c_lflag == b.c_lflag && a.c_line == b.c_line &&
         std::equal(std::begin(a.c_cc), std::end(a.c_cc), std::begin(b.c_cc)) &&
         cfgetispeed(&a) == cfgetispeed(&b) && cfgetospeed(&a) == cfgetospeed(&b);
}

bool IsGoneGroup(pid_t group) { return group > 1 && kill(-group, 0) != 0 && errno == ESRCH; }

}  // namespace

TerminalState TerminalState::Save() {
  TerminalState state;
  // What reads the output (a pager) may set the terminal's modes by itself, and outlive the run.
  struct stat output {};
  if (fstat(STDOUT_FILENO, &output) == 0 && S_ISFIFO(output.st_mode)) return state;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // Answered for the controlling terminal alone.
    if (tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &state.modes_) != 0) continue;
    state.terminal_.Reset(fcntl(fd, F_DUPFD_CLOEXEC, 3));
    break;
  }
  return state;
}

void TerminalState::Restore() const {
  if (!terminal_.valid()) return;
  const pid_t foreground = tcgetpgrp(terminal_.get());
  if (foreground < 0) return;
  if (foreground != getpgrp()) {
    if (!IsGoneGroup(foreground) || tcsetpgrp(terminal_.get(), getpgrp()) != 0) return;
  }
  termios now{};
  if (tcgetattr(terminal_.get(), &now) != 0 || SameModes(now, modes_)) return;
  (void)tcsetattr(terminal_.get(), TCSANOW, &modes_);
}

}  // namespace safe_trace
