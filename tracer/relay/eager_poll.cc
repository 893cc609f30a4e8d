#include "tracer/relay/eager_poll.h"

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;

// As long as an answer on the same machine takes, and some times what being woken costs.
constexpr std::chrono::microseconds kShort(200);
constexpr int kRow = 4;

int Look(int epoll, std::span<epoll_event> ready, int timeout) {
  return epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), timeout);
}

}  // namespace

int EagerPoll::Wait(int epoll, std::span<epoll_event> ready, int timeout) {
  if (timeout == 0) return Look(epoll, ready, 0);
  const Clock::time_point begun = Clock::now();
  int count = 0;
  if (short_waits_ >= kRow) {
    do {
      count = Look(epoll, ready, 0);
      if (count != 0) return count;
      sched_yield();
    } while (Clock::now() - begun < kShort);
  }
  count = Look(epoll, ready, timeout);
  short_waits_ = Clock::now() - begun < kShort ? std::min(short_waits_ + 1, kRow) : 0;
  return count;
}

}  // namespace safe_trace
