// The modes of the user's terminal, as they were before the run.
#ifndef SAFE_TRACE_LAUNCHER_TERMINAL_STATE_H_
#define SAFE_TRACE_LAUNCHER_TERMINAL_STATE_H_

#include <sys/types.h>
#include <termios.h>

#include "tracer/unique_fd.h"

namespace safe_trace {

// Supervised code may set the modes of its terminal, and must not leave them so: echo switched off,
// or a foreground group that is gone. Nothing happens without a terminal, or in its background.
class TerminalState {
 public:
  // Looks at the terminal of the standard streams.
  static TerminalState Save();
  // Puts back what differs. Needs SIGTTOU to be blocked or ignored. Not where the user's shell, or
  // anybody who lives, has the foreground now.
  void Restore() const;

 private:
  UniqueFd terminal_;
  termios modes_{};
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_TERMINAL_STATE_H_
