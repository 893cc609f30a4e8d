#include "tracer/supervisor/worker_pool.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace safe_trace {
namespace {

// Interrupts a blocking call of a worker. Ignored by default, so a late one does no harm.
constexpr int kInterruptSignal = SIGURG;

void InstallInterruptHandler() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(kInterruptSignal, &action, nullptr);
}

void BlockAllButInterrupt() {
  sigset_t signals;
  sigfillset(&signals);
  sigdelset(&signals, kInterruptSignal);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
}

}  // namespace

WorkerPool::WorkerPool() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  InstallInterruptHandler();
}

WorkerPool::~WorkerPool() {
  std::unique_lock<std::mutex> lock(mutex_);
  stopping_ = true;
  for (auto& [id, job] : waited_for_) job->interrupted = true;
  wake_.notify_all();
  // A signal can come before its thread entered the call: it is sent until none is left inside.
  while (!running_.empty()) {
    for (auto& [id, thread] : running_) pthread_kill(thread, kInterruptSignal);
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    lock.lock();
  }
  lock.unlock();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Submit(uint64_t id, pid_t tid, Deferred work) {
  auto job = std::make_shared<Job>();
  job->id = id;
  job->tid = tid;
  job->deferred = std::move(work);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waited_for_[id] = job;
  }
  Push(std::move(job));
}

void WorkerPool::Push(std::shared_ptr<Job> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back(std::move(job));
  if (idle_ < queue_.size() && threads_.size() < kMaximumThreads) {
    threads_.emplace_back([this] { Run(); });
  }
  wake_.notify_one();
}

void WorkerPool::Run() {
  BlockAllButInterrupt();
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    std::shared_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    if (stopping_) continue;
    running_[job->id] = pthread_self();
    lock.unlock();
    Deferred::Result result =
        job->deferred.work([&job] { return job->interrupted.load(std::memory_order_relaxed); });
    lock.lock();
    running_.erase(job->id);
    waited_for_.erase(job->id);
    // For the task it is as if the call itself had been interrupted.
    if (const Fail* fail = std::get_if<Fail>(&result); fail != nullptr && fail->error == EINTR) {
      result = Fail{kRestartCall};
    }
    results_.emplace_back(job->id, std::move(result));
    uint64_t one = 1;
    if (write(event_.get(), &one, sizeof(one)) < 0) continue;  // full counter: readable anyway
  }
}

std::vector<std::pair<uint64_t, Deferred::Result>> WorkerPool::TakeResults() {
  uint64_t count = 0;
  if (read(event_.get(), &count, sizeof(count)) < 0) count = 0;
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(results_, {});
}

std::vector<std::pair<uint64_t, pid_t>> WorkerPool::Unfinished() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::pair<uint64_t, pid_t>> jobs;
  for (const auto& [id, job] : waited_for_) jobs.emplace_back(id, job->tid);
  return jobs;
}

bool WorkerPool::HasUnfinished() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return !waited_for_.empty();
}

void WorkerPool::Interrupt(uint64_t id) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto job = waited_for_.find(id);
  if (job != waited_for_.end()) job->second->interrupted = true;
  auto thread = running_.find(id);
  if (thread != running_.end()) pthread_kill(thread->second, kInterruptSignal);
}

}  // namespace safe_trace
