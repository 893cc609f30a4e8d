#include "tracer/asking/ask_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace safe_trace {

std::optional<AskTerminal> AskTerminal::Open() {
  UniqueFd terminal(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!terminal.valid()) return std::nullopt;
  return AskTerminal(std::move(terminal));
}

std::optional<dev_t> AskTerminal::Device() const {
  // The terminal that /dev/tty stands for, not /dev/tty.
  unsigned number = 0;
  if (ioctl(terminal_.get(), TIOCGDEV, &number) != 0) return std::nullopt;
  return number;
}

bool AskTerminal::IsForeground() const {
  const pid_t group = tcgetpgrp(terminal_.get());
  // Not the controlling terminal: nothing to be told.
  return group < 0 || group == getpgrp();
}

void AskTerminal::DropTypedAhead() { (void)tcflush(terminal_.get(), TCIFLUSH); }

void AskTerminal::Write(std::string_view text) {
  constexpr int kPatience = 1000;  // milliseconds, for a terminal whose output was stopped
  while (!text.empty()) {
    const ssize_t count = write(terminal_.get(), text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    pollfd room{terminal_.get(), POLLOUT, 0};
    if (count < 0 && errno == EAGAIN && poll(&room, 1, kPatience) == 1) continue;
    return;
  }
}

std::optional<std::string> AskTerminal::ReadLine(std::chrono::milliseconds patience, int stop) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + patience;
  std::string line;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    std::array<pollfd, 2> fds{{{terminal_.get(), POLLIN, 0}, {stop, POLLIN, 0}}};
    const int ready = poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return std::nullopt;
    if (ready <= 0) continue;
    if (fds[1].revents != 0) return std::nullopt;
    std::array<char, kMaximumLine> buffer;
    const ssize_t count = read(terminal_.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    // EIO: this is a background job, or the terminal is gone.
    if (count <= 0) return std::nullopt;
    line.append(buffer.data(), static_cast<size_t>(count));
    // A program may have left the terminal in a mode in which Enter is '\r'.
    const size_t end = line.find_first_of("\r\n");
    if (end != std::string::npos || line.size() >= kMaximumLine) return line.substr(0, end);
  }
}

}  // namespace safe_trace
