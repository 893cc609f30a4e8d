// A line on the run's terminal that says how far it has come, where the command itself is silent.
#ifndef SAFE_TRACE_LAUNCHER_PROGRESS_LINE_H_
#define SAFE_TRACE_LAUNCHER_PROGRESS_LINE_H_

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "launcher/run_tally.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// "safe-trace: 75 s, code of 12 packages done, 1 running, 3 violations".
std::string ProgressText(std::chrono::seconds since, const RunTally::Counts& counts);

// The terminal belongs to the command. The line appears only after nobody has written to the
// terminal for kSilence (inotify tells), where the run is in its foreground, its modes are those of
// a program that prints (no editor, no prompt in raw mode), and the command does not read from it.
// It is a whole line of its own; as long as nobody else writes it is written anew in its place, and
// taken away before safe-trace says anything. Once the command has written, it stays where it is.
class ProgressLine {
 public:
  static constexpr std::chrono::seconds kSilence{5};

  // Null where there is no terminal for it. `text` is asked on a thread of its own, until the end.
  static std::unique_ptr<ProgressLine> Start(pid_t command, std::function<std::string()> text);
  // Takes the line away.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Before anything else is written to the terminal. Any thread.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;
  ProgressLine(pid_t command, std::function<std::string()> text);
  bool Watch();
  void Run();
  // All need mutex_.
  bool NoticeWriting();
  bool MayDraw() const;
  void Draw();
  void Write(const std::string& text);

  const pid_t command_;
  const std::function<std::string()> text_;
  // The terminal's own node. Not /dev/tty: all terminals share its inode, so that the lines of one
  // run would look like writing to another's watch.
  UniqueFd terminal_;
  UniqueFd watch_;      // of the terminal's node, non-blocking
  UniqueFd tty_watch_;  // of /dev/tty, through which prompts are written (on any terminal)
  UniqueFd stop_;
  std::mutex mutex_;
  bool is_shown_ = false;  // the line is the last thing on the terminal
  Clock::time_point last_writing_ = Clock::now();
  Clock::time_point last_drawing_;
  std::thread thread_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PROGRESS_LINE_H_
