// One thread for what nobody waits for: hashing the programs that ran.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_BACKGROUND_THREAD_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_BACKGROUND_THREAD_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace safe_trace {

// Works in the order of submission, with less claim to the processor than the supervised tree.
// The destructor lets it finish for the grace and joins.
class BackgroundThread {
 public:
  static constexpr std::chrono::milliseconds kGrace{1000};
  // Told when the grace is over, and should give up then.
  using Stopping = std::function<bool()>;
  using Work = std::function<void(const Stopping& stopping)>;

  // What is left when the run is over gets `grace` longer, all of it together.
  explicit BackgroundThread(std::chrono::milliseconds grace = kGrace) : grace_(grace) {}
  ~BackgroundThread();
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  void Submit(Work work);
  // How much has not begun.
  size_t waiting() const;

 private:
  using Clock = std::chrono::steady_clock;
  void Run();
  bool IsOver() const;

  const std::chrono::milliseconds grace_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;
  bool ending_ = false;
  Clock::time_point ended_at_;
  std::thread thread_;  // begun with the first work
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_BACKGROUND_THREAD_H_
