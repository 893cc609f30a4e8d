#include "tracer/supervisor/background_thread.h"

#include <signal.h>
#include <sys/resource.h>

#include <utility>

namespace safe_trace {
namespace {

constexpr int kNiceness = 10;

}  // namespace

BackgroundThread::~BackgroundThread() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    ended_at_ = Clock::now();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void BackgroundThread::Submit(Work work) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(work));
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  wake_.notify_one();
}

size_t BackgroundThread::waiting() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return queue_.size();
}

bool BackgroundThread::IsOver() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return ending_ && Clock::now() - ended_at_ > grace_;
}

void BackgroundThread::Run() {
  sigset_t signals;
  sigfillset(&signals);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
  // Of this thread alone. Where it fails the work is done all the same.
  (void)setpriority(PRIO_PROCESS, 0, kNiceness);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work([this] { return IsOver(); });
    lock.lock();
  }
}

}  // namespace safe_trace
