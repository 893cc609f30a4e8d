#ifndef SAFE_TRACE_TRACER_RELAY_EAGER_POLL_H_
#define SAFE_TRACE_TRACER_RELAY_EAGER_POLL_H_

#include <sys/epoll.h>

#include <span>

namespace safe_trace {

// epoll_wait that looks again and again for a moment before it blocks, as long as that proves
// worth its processor time: in a conversation of small messages being woken costs more than the
// message. Eager only after a row of short waits, and no longer after a long one.
class EagerPoll {
 public:
  // As epoll_wait: the number of events in `ready`, or -1. `timeout` in milliseconds, -1 forever.
  int Wait(int epoll, std::span<epoll_event> ready, int timeout);

 private:
  int short_waits_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_EAGER_POLL_H_
