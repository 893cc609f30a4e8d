// How far a run has come, counted from its events as they pass.
#ifndef SAFE_TRACE_LAUNCHER_RUN_TALLY_H_
#define SAFE_TRACE_LAUNCHER_RUN_TALLY_H_

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "tracer/events/trace_event.h"

namespace safe_trace {

// Passes every event on. Thread-safe; memory is bounded.
class RunTally final : public TraceSink {
 public:
  struct Counts {
    uint64_t done = 0;     // packages whose code ran, and no longer does
    uint64_t running = 0;  // packages whose code runs now
    uint64_t violations = 0;
  };

  explicit RunTally(TraceSink& next) : next_(next) {}

  void Record(TraceEvent event) override;
  Counts counts() const;

 private:
  void Count(const TraceEvent& event);

  TraceSink& next_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, uint64_t> processes_;     // of each package: that live
  std::unordered_map<std::string, std::string> package_of_;  // of each process that lives
  uint64_t violations_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RUN_TALLY_H_
