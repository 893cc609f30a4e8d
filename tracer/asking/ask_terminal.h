// The user's terminal, apart from the command's input and output.
#ifndef SAFE_TRACE_TRACER_ASKING_ASK_TERMINAL_H_
#define SAFE_TRACE_TRACER_ASKING_ASK_TERMINAL_H_

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tracer/unique_fd.h"

namespace safe_trace {

class AskTerminal {
 public:
  static constexpr size_t kMaximumLine = 256;  // octets; what is longer is cut

  // Nothing where the process has no terminal.
  static std::optional<AskTerminal> Open();
  // For tests: any terminal.
  explicit AskTerminal(UniqueFd terminal) : terminal_(std::move(terminal)) {}

  // Its number, the same for all who have it open; nothing where it cannot be told.
  std::optional<dev_t> Device() const;
  // False where the process is a background job of its shell.
  bool IsForeground() const;
  // What was typed before nobody meant as an answer.
  void DropTypedAhead();
  void Write(std::string_view text);
  // A line without its end; nothing after `patience`, when `stop` becomes readable, or when the
  // terminal cannot be read (in the background, hung up).
  std::optional<std::string> ReadLine(std::chrono::milliseconds patience, int stop);

 private:
  UniqueFd terminal_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ASKING_ASK_TERMINAL_H_
