// Sends what goes into the trace to collectors too, through safe-trace-sink: a program of its own,
// started before the command and outside of what is supervised.
#ifndef SAFE_TRACE_LAUNCHER_EVENT_SINKS_H_
#define SAFE_TRACE_LAUNCHER_EVENT_SINKS_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/config.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Owned by the run. Take is called on whichever thread writes the trace, the rest on the loop's
// after the command has ended.
class EventSinks {
 public:
  // Null where there are no sinks. Checks every address; no collector is waited for.
  static absl::StatusOr<std::unique_ptr<EventSinks>> Start(const std::vector<Entry>& sinks,
                                                           const std::string& run_id);

  // Whole lines. Waits some milliseconds at most; what finds no room is dropped and counted,
  // ordinary events first.
  void Take(std::string_view lines);
  // Waits until all is delivered, or for so long; then says how things stand, one text for each
  // sink: "unix:/run/x.sock delivered=120 dropped=0 rejected=0".
  std::vector<std::string> Settle(std::chrono::milliseconds most);
  // The same for good: nothing is taken after it.
  std::vector<std::string> Finish(std::chrono::milliseconds most);

 private:
  EventSinks(std::vector<std::string> sinks, UniqueFd lines, UniqueFd reports)
      : sinks_(std::move(sinks)), lines_(std::move(lines)), reports_(std::move(reports)) {}
  // All need mutex_.
  void WriteOut(std::chrono::milliseconds most);
  void MakeRoom();
  std::vector<std::string> ReadReport(std::chrono::steady_clock::time_point deadline);

  const std::vector<std::string> sinks_;
  std::mutex mutex_;
  UniqueFd lines_;
  UniqueFd reports_;
  std::string waiting_;
  uint64_t dropped_ = 0;  // here, before the program took them: for every sink
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_EVENT_SINKS_H_
