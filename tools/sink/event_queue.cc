#include "tools/sink/event_queue.h"

#include <algorithm>

namespace safe_trace {

bool EventQueue::HasRoom(size_t bytes) const {
  return events_.empty() || (events_.size() < bounds_.events && bytes_ + bytes <= bounds_.bytes);
}

void EventQueue::Drop(const Event& event) {
  ++counts_.dropped;
  if (event.is_violation) ++counts_.dropped_violations;
}

void EventQueue::Add(Event event) {
  const std::lock_guard lock(mutex_);
  auto oldest = events_.begin();
  while (event.is_violation && !HasRoom(event.line.size())) {
    oldest = std::find_if(oldest, events_.end(), [](const Event& e) { return !e.is_violation; });
    if (oldest == events_.end()) break;
    Drop(*oldest);
    bytes_ -= oldest->line.size();
    oldest = events_.erase(oldest);
  }
  if (is_closed_ || !HasRoom(event.line.size())) return Drop(event);
  bytes_ += event.line.size();
  events_.push_back(std::move(event));
  work_.notify_one();
}

void EventQueue::Close(Clock::time_point deadline) {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  deadline_ = deadline;
  work_.notify_all();
}

std::vector<EventQueue::Event> EventQueue::TakeBatch() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return !events_.empty() || is_closed_; });
  std::vector<Event> batch;
  if (IsOver()) return batch;
  size_t bytes = 0;
  while (!events_.empty() && batch.size() < bounds_.batch_events &&
         (batch.empty() || bytes + events_.front().line.size() <= bounds_.batch_bytes)) {
    bytes += events_.front().line.size();
    batch.push_back(std::move(events_.front()));
    events_.pop_front();
  }
  bytes_ -= bytes;
  in_flight_ = batch.size();
  return batch;
}

void EventQueue::Delivered(size_t count, size_t rejected) {
  const std::lock_guard lock(mutex_);
  counts_.delivered += count;
  counts_.rejected += rejected;
  in_flight_ = 0;
  settled_.notify_all();
}

void EventQueue::GaveUp(const std::vector<Event>& batch) {
  const std::lock_guard lock(mutex_);
  for (const Event& event : batch) Drop(event);
  for (const Event& event : events_) Drop(event);
  events_.clear();
  bytes_ = 0;
  in_flight_ = 0;
  settled_.notify_all();
}

void EventQueue::Failed(const std::string& error) {
  const std::lock_guard lock(mutex_);
  counts_.last_error = error;
}

bool EventQueue::MayGoOn() const {
  const std::lock_guard lock(mutex_);
  return !IsOver();
}

bool EventQueue::Pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const Clock::time_point end = Clock::now() + time;
  while (Clock::now() < std::min(end, deadline_)) {
    const bool was_closed = is_closed_;
    work_.wait_until(lock, std::min(end, deadline_));
    if (is_closed_ && !was_closed) break;  // try once more at once: little time is left
  }
  return !IsOver();
}

bool EventQueue::WaitUntilSettled(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return settled_.wait_until(lock, deadline, [this] { return events_.empty() && in_flight_ == 0; });
}

SinkCounts EventQueue::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace safe_trace
