// Whose turn it is to ask on a terminal. Each run that asks there locks the same file, in a
// directory that nothing supervised can open; a lock ends with the process that holds it.
#ifndef SAFE_TRACE_TRACER_ASKING_TERMINAL_TURN_H_
#define SAFE_TRACE_TRACER_ASKING_TERMINAL_TURN_H_

#include <sys/types.h>

#include <chrono>
#include <string>

#include "tracer/unique_fd.h"

namespace safe_trace {

class TerminalTurn {
 public:
  using Clock = std::chrono::steady_clock;
  // No lock: it is always this run's turn.
  TerminalTurn() = default;
  // `directory` is there, and the user's alone. As above where its file cannot be opened.
  TerminalTurn(const std::string& directory, dev_t terminal);

  enum class Result : uint8_t {
    kAtOnce,
    kAfterOthers,
    kNever,  // not until `deadline`, or `stop` became readable
  };
  Result Take(Clock::time_point deadline, int stop);
  void GiveBack();

 private:
  UniqueFd file_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ASKING_TERMINAL_TURN_H_
