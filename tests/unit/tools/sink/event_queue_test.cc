// Bounded, never blocking, and violations last of all to be dropped.
#include "tools/sink/event_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "tools/sink/delivery.h"

namespace safe_trace {
namespace {

using std::chrono::milliseconds;
using Clock = EventQueue::Clock;

EventQueue::Bounds Small() { return {4, 1000, 2, 1000}; }

EventQueue::Event Ordinary(const std::string& line) { return {line, false}; }
EventQueue::Event Violation(const std::string& line) { return {line, true}; }

std::vector<std::string> Drained(EventQueue& queue) {
  queue.Close(Clock::now() + milliseconds(5000));
  std::vector<std::string> lines;
  for (auto batch = queue.TakeBatch(); !batch.empty(); batch = queue.TakeBatch()) {
    for (const EventQueue::Event& event : batch) lines.push_back(event.line);
    queue.Delivered(batch.size(), 0);
  }
  return lines;
}

TEST(EventQueueTest, OrdinaryEventsWithoutRoomAreDroppedAndCounted) {
  EventQueue queue(Small());
  for (int i = 0; i < 6; ++i) queue.Add(Ordinary(std::to_string(i)));
  EXPECT_EQ(Drained(queue), (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(queue.counts().dropped, 2u);
  EXPECT_EQ(queue.counts().dropped_violations, 0u);
  EXPECT_EQ(queue.counts().delivered, 4u);
}

TEST(EventQueueTest, AViolationTakesTheRoomOfTheOldestOrdinaryEvent) {
  EventQueue queue(Small());
  for (int i = 0; i < 4; ++i) queue.Add(Ordinary(std::to_string(i)));
  queue.Add(Violation("v"));
  EXPECT_EQ(Drained(queue), (std::vector<std::string>{"1", "2", "3", "v"}));
  EXPECT_EQ(queue.counts().dropped, 1u);
}

TEST(EventQueueTest, AViolationAmongViolationsIsDroppedAndCountedAsSuch) {
  EventQueue queue(Small());
  for (int i = 0; i < 5; ++i) queue.Add(Violation(std::to_string(i)));
  EXPECT_EQ(queue.counts().dropped_violations, 1u);
}

TEST(EventQueueTest, BytesAreBoundedToo) {
  EventQueue queue(Small());
  queue.Add(Ordinary(std::string(900, 'x')));
  queue.Add(Ordinary(std::string(200, 'y')));
  EXPECT_EQ(queue.counts().dropped, 1u);
  // One that is larger than all room still passes where nothing else waits.
  EXPECT_EQ(Drained(queue).size(), 1u);
}

// A sink as the test wants it.
class ScriptedDelivery : public Delivery {
 public:
  explicit ScriptedDelivery(std::vector<Delivered> script) : script_(std::move(script)) {}
  Delivered Send(const std::vector<EventQueue::Event>& batch,
                 const std::function<bool()>&) override {
    ++tries;
    const Delivered answer = script_.empty() ? Delivered{} : script_.front();
    if (!script_.empty() && script_.size() > 1) script_.erase(script_.begin());
    if (answer.kind == Delivered::Kind::kDone) {
      for (const EventQueue::Event& event : batch) taken.push_back(event.line);
    }
    return answer;
  }
  int tries = 0;
  std::vector<std::string> taken;

 private:
  std::vector<Delivered> script_;
};

constexpr auto kRetry = Delivered::Kind::kRetry;

TEST(DeliverAllTest, TriesAgainUntilTheSinkTakesTheBatch) {
  EventQueue queue(Small());
  ScriptedDelivery delivery({{kRetry, 0, "busy"}, {kRetry, 0, "busy"}, Delivered{}});
  std::thread thread([&] { DeliverAll(queue, delivery); });
  queue.Add(Ordinary("a"));
  EXPECT_TRUE(queue.WaitUntilSettled(Clock::now() + milliseconds(5000)));
  queue.Close(Clock::now() + milliseconds(5000));
  thread.join();
  EXPECT_EQ(delivery.tries, 3);
  EXPECT_EQ(delivery.taken, std::vector<std::string>{"a"});
  EXPECT_EQ(queue.counts().last_error, "");
}

TEST(DeliverAllTest, GivesUpAtTheDeadlineAndCountsWhatWasLeft) {
  EventQueue queue(Small());
  ScriptedDelivery delivery({{kRetry, 0, "dead"}});
  std::thread thread([&] { DeliverAll(queue, delivery); });
  for (int i = 0; i < 3; ++i) queue.Add(Violation(std::to_string(i)));
  const Clock::time_point start = Clock::now();
  queue.Close(start + milliseconds(300));
  thread.join();
  EXPECT_LT(Clock::now() - start, milliseconds(3000));
  EXPECT_EQ(queue.counts().delivered, 0u);
  EXPECT_EQ(queue.counts().dropped_violations, 3u);
  EXPECT_EQ(queue.counts().last_error, "dead");
}

TEST(DeliverAllTest, RejectedBatchesAreCountedAndNotTriedAgain) {
  EventQueue queue(Small());
  ScriptedDelivery delivery({{Delivered::Kind::kRejected, 0, "HTTP status 400"}});
  for (int i = 0; i < 3; ++i) queue.Add(Ordinary(std::to_string(i)));
  queue.Close(Clock::now() + milliseconds(5000));
  DeliverAll(queue, delivery);
  EXPECT_EQ(delivery.tries, 2);  // of two events and of one
  EXPECT_EQ(queue.counts().rejected, 3u);
  EXPECT_EQ(queue.counts().dropped, 0u);
}

}  // namespace
}  // namespace safe_trace
