// Threads for the few calls that may block: opening a FIFO, a blocking connect or send.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_WORKER_POOL_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_WORKER_POOL_H_

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "tracer/deciding/syscall_action.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Owned by the loop; all public methods on its thread. At most kMaximumThreads; further jobs wait.
// The destructor interrupts every job and joins.
class WorkerPool {
 public:
  static constexpr size_t kMaximumThreads = 64;

  WorkerPool();
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `work` for the notification `id` of task `tid`.
  void Submit(uint64_t id, pid_t tid, Deferred work);

  // Readable when results wait.
  int event_fd() const { return event_.get(); }
  std::vector<std::pair<uint64_t, Deferred::Result>> TakeResults();

  // Notifications whose work is not finished, with their tasks.
  std::vector<std::pair<uint64_t, pid_t>> Unfinished() const;
  bool HasUnfinished() const;
  // Makes a job's interrupted() true and breaks off the call that it blocks in.
  void Interrupt(uint64_t id);

 private:
  struct Job {
    uint64_t id = 0;
    pid_t tid = 0;
    Deferred deferred;
    std::atomic<bool> interrupted{false};
  };
  void Push(std::shared_ptr<Job> job);
  void Run();

  UniqueFd event_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> queue_;
  std::map<uint64_t, std::shared_ptr<Job>> waited_for_;  // by notification
  std::map<uint64_t, pthread_t> running_;                // by notification
  std::vector<std::pair<uint64_t, Deferred::Result>> results_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_WORKER_POOL_H_
