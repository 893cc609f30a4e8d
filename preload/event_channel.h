// Sends records to the supervisor through the marked openat of shim_protocol.h.
#ifndef SAFE_TRACE_PRELOAD_EVENT_CHANNEL_H_
#define SAFE_TRACE_PRELOAD_EVENT_CHANNEL_H_

#include <stdint.h>

namespace safe_trace {

// Marks the calling thread as busy inside the shim, so that what the shim or the dynamic linker
// calls (an interposed malloc, a signal handler) is passed through and never reported or resolved
// again. A handler that jumps out with siglongjmp leaves the mark: that thread reports no more,
// and works as before.
class ReentryGuard {
 public:
  ReentryGuard();
  ~ReentryGuard();
  ReentryGuard(const ReentryGuard&) = delete;
  ReentryGuard& operator=(const ReentryGuard&) = delete;

  bool entered() const { return entered_; }

 private:
  bool entered_;
};

// Sends one record: `text` is cut at ST_SHIM_TEXT_SIZE bytes. Async-signal-safe; keeps errno; waits
// for the supervisor's answer. When nobody answers the channel closes for good.
void ReportEvent(uint32_t event, const char* text, const void* caller);

// Nothing is sent from here on (secure mode).
void CloseChannel();

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_EVENT_CHANNEL_H_
