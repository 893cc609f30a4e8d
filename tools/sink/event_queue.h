// What waits to be delivered to one sink. Bounded; never blocks whoever adds.
#ifndef SAFE_TRACE_TOOLS_SINK_EVENT_QUEUE_H_
#define SAFE_TRACE_TOOLS_SINK_EVENT_QUEUE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace safe_trace {

struct SinkCounts {
  uint64_t delivered = 0;
  uint64_t dropped = 0;  // ordinary events and violations, for want of room or of an answer
  uint64_t dropped_violations = 0;
  uint64_t rejected = 0;   // the collector would not have them
  std::string last_error;  // "" after a success
};

// Thread-safe: one side adds, the other takes batches.
class EventQueue {
 public:
  using Clock = std::chrono::steady_clock;
  struct Bounds {
    size_t events = 16'384;
    size_t bytes = size_t{16} << 20;
    size_t batch_events = 512;
    size_t batch_bytes = size_t{1} << 20;
  };
  struct Event {
    std::string line;
    bool is_violation = false;
  };

  explicit EventQueue(Bounds bounds) : bounds_(bounds) {}

  // Where there is no room an ordinary event is dropped, and a violation takes the place of the
  // oldest ordinary ones, or of nothing where only violations wait.
  void Add(Event event);
  // Nothing is added any more, and at `deadline` the rest is given up.
  void Close(Clock::time_point deadline);

  // Waits for events; what it returns stays the taker's until Done. Empty once closed and empty, or
  // at the deadline.
  std::vector<Event> TakeBatch();
  void Delivered(size_t count, size_t rejected);
  void GaveUp(const std::vector<Event>& batch);
  void Failed(const std::string& error);
  // False once the deadline has passed.
  bool MayGoOn() const;
  // Sleeps, but not beyond the deadline or what changes it. False where it is over.
  bool Pause(std::chrono::milliseconds time);

  // True when all that was added was delivered, rejected or dropped.
  bool WaitUntilSettled(Clock::time_point deadline);
  SinkCounts counts() const;

 private:
  // Both need mutex_.
  bool HasRoom(size_t bytes) const;
  void Drop(const Event& event);
  bool IsOver() const { return is_closed_ && Clock::now() >= deadline_; }

  const Bounds bounds_;
  mutable std::mutex mutex_;
  std::condition_variable work_;     // for the taker
  std::condition_variable settled_;  // for whoever waits for the end
  std::deque<Event> events_;
  size_t bytes_ = 0;
  size_t in_flight_ = 0;
  bool is_closed_ = false;
  Clock::time_point deadline_ = Clock::time_point::max();
  SinkCounts counts_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_SINK_EVENT_QUEUE_H_
