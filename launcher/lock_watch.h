// Looks at what a locked run recorded, for what nobody could decide as it happened.
#ifndef SAFE_TRACE_LAUNCHER_LOCK_WATCH_H_
#define SAFE_TRACE_LAUNCHER_LOCK_WATCH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "policy/behaviour_lock.h"
#include "tracer/events/trace_event.h"
#include "tracer/run_summary.h"
#include "tracer/supervisor/run_reporter.h"

namespace safe_trace {

// Between whoever records and the trace. Record may be called from any thread, the rest from one.
// Without a lock it only passes on.
class LockWatch final : public TraceSink {
 public:
  // Differences of one run that are told one by one; more are counted.
  static constexpr size_t kMaximumFindings = 256;

  LockWatch(TraceSink& next, std::shared_ptr<const BehaviourLock> lock)
      : next_(next), lock_(std::move(lock)) {}

  void Record(TraceEvent event) override;

  // After the last other event: records and shows, as violations, hidden variables that were asked
  // for, programs of another content and start-up files that the lock does not have; says of which
  // packages another version ran. Adds to the summary's counts.
  void Finish(const std::function<void(const ShownViolation&)>& show, RunSummary& summary);

  // Acts that the lock refused, and what Finish found.
  uint64_t violations() const { return violations_; }

 private:
  struct Finding {
    const Rule* rule = nullptr;
    Subject subject;
    std::string key;  // of the trace: "file.path"
    std::string value;
    std::string process;  // the first that did it; "" where none is known
    bool operator<(const Finding& other) const;
  };
  void Look(const TraceEvent& event);
  void LookAtProgram(const TraceEvent& event, const Subject& subject,
                     const LockedBehaviour& behaviour);
  void Add(const Rule& rule, const Subject& subject, const TraceEvent& event, std::string_view key);
  void Tell(const Finding& finding, const std::function<void(const ShownViolation&)>& show,
            RunSummary& summary);

  TraceSink& next_;
  const std::shared_ptr<const BehaviourLock> lock_;
  std::mutex mutex_;  // of what follows, until Finish
  std::set<Finding> findings_;
  uint64_t untold_ = 0;
  uint64_t violations_ = 0;
  std::map<BehaviourKey, std::string> other_versions_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_LOCK_WATCH_H_
