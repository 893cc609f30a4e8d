#include "tracer/asking/terminal_turn.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include <cerrno>

namespace safe_trace {
namespace {

constexpr int kCheck = 50;  // milliseconds; flock itself could not be ended by `stop`

}  // namespace

TerminalTurn::TerminalTurn(const std::string& directory, dev_t terminal) {
  const std::string path = directory + "/terminal-" + std::to_string(terminal) + ".lock";
  file_.Reset(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
}

TerminalTurn::Result TerminalTurn::Take(Clock::time_point deadline, int stop) {
  if (!file_.valid()) return Result::kAtOnce;
  bool has_waited = false;
  while (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    // A file system that knows no locks: as without one.
    if (errno != EWOULDBLOCK && errno != EINTR) return Result::kAtOnce;
    has_waited = true;
    pollfd stopped{stop, POLLIN, 0};
    if (poll(&stopped, 1, kCheck) > 0 || Clock::now() >= deadline) return Result::kNever;
  }
  return has_waited ? Result::kAfterOthers : Result::kAtOnce;
}

void TerminalTurn::GiveBack() {
  if (file_.valid()) (void)flock(file_.get(), LOCK_UN);
}

}  // namespace safe_trace
