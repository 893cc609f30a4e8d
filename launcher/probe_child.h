// Forked helpers of the kernel probe.
#ifndef SAFE_TRACE_LAUNCHER_PROBE_CHILD_H_
#define SAFE_TRACE_LAUNCHER_PROBE_CHILD_H_

#include <sys/types.h>

#include <cstdint>

#include "tracer/unique_fd.h"

namespace safe_trace {

// Runs `probe` in a forked child, because what it tries cannot be undone, and returns what it
// returned; 0 where the child died or took longer than two seconds. `probe` uses only
// async-signal-safe calls. A child that dies shows that the mechanism is refused by force.
uint32_t RunInChild(uint32_t (*probe)());

// A child that sleeps until it is ended: something to trace and to read from. Ended and reaped by
// the destructor, and by the kernel when this process dies.
class SleepingChild {
 public:
  SleepingChild();
  ~SleepingChild();
  SleepingChild(const SleepingChild&) = delete;
  SleepingChild& operator=(const SleepingChild&) = delete;

  pid_t pid() const { return pid_; }  // -1 where fork failed

 private:
  pid_t pid_ = -1;
  UniqueFd keep_alive_;  // the child sleeps in a read of the other end
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PROBE_CHILD_H_
