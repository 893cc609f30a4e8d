#include "tracer/supervisor/worker_pool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "tests/unit/tracer/temporary_tree.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;
using Results = std::vector<std::pair<uint64_t, Deferred::Result>>;
constexpr std::chrono::seconds kPatience{20};

Results WaitForResults(WorkerPool& pool, size_t count) {
  Results all;
  const auto deadline = Clock::now() + kPatience;
  while (all.size() < count && Clock::now() < deadline) {
    pollfd ready{pool.event_fd(), POLLIN, 0};
    if (poll(&ready, 1, 1000) != 1) continue;
    for (auto& result : pool.TakeResults()) all.push_back(std::move(result));
  }
  EXPECT_EQ(all.size(), count);
  return all;
}

bool Becomes(const std::atomic<bool>& flag) {
  const auto deadline = Clock::now() + kPatience;
  while (!flag && Clock::now() < deadline) usleep(1000);
  return flag;
}

Deferred Returning(int64_t value) {
  return Deferred{
      [value](const std::function<bool()>&) -> Deferred::Result { return Return{value}; }};
}

// Waits for a writer that never comes, as opening a FIFO on a task's behalf does.
Deferred BlockingOpen(const std::string& fifo, std::atomic<bool>& entered) {
  return Deferred{[fifo, &entered](const std::function<bool()>& interrupted) -> Deferred::Result {
    entered = true;
    while (true) {
      int fd = open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd >= 0) return InjectFd{UniqueFd(fd), true};
      if (errno != EINTR || interrupted()) return Fail{errno};
    }
  }};
}

class WorkerPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    fifo_ = tree_.Path("fifo");
    ASSERT_EQ(mkfifo(fifo_.c_str(), 0600), 0);
  }
  TemporaryTree tree_;
  std::string fifo_;
  std::atomic<bool> entered_{false};
};

TEST_F(WorkerPoolTest, ResultIsDeliveredUnderItsNumber) {
  WorkerPool pool;
  pool.Submit(7, 100, Returning(42));
  const Results results = WaitForResults(pool, 1);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].first, 7U);
  EXPECT_EQ(std::get<Return>(results[0].second).value, 42);
  EXPECT_FALSE(pool.HasUnfinished());
  EXPECT_TRUE(pool.TakeResults().empty());
}

TEST_F(WorkerPoolTest, MoreJobsThanThreadsAreAllDone) {
  WorkerPool pool;
  constexpr uint64_t kJobs = 4 * WorkerPool::kMaximumThreads;
  for (uint64_t id = 0; id < kJobs; ++id) pool.Submit(id, 1, Returning(static_cast<int64_t>(id)));
  std::set<uint64_t> seen;
  for (const auto& [id, result] : WaitForResults(pool, kJobs)) {
    EXPECT_EQ(std::get<Return>(result).value, static_cast<int64_t>(id));
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), kJobs);
}

TEST_F(WorkerPoolTest, JobsDoNotWaitForOneThatBlocks) {
  WorkerPool pool;
  pool.Submit(1, 1, BlockingOpen(fifo_, entered_));
  ASSERT_TRUE(Becomes(entered_));
  pool.Submit(2, 1, Returning(2));
  pool.Submit(3, 1, Returning(3));
  EXPECT_EQ(WaitForResults(pool, 2).size(), 2U);
  EXPECT_TRUE(pool.HasUnfinished());
}

TEST_F(WorkerPoolTest, UnfinishedJobsAreListedWithTheirTasks) {
  WorkerPool pool;
  pool.Submit(5, 123, BlockingOpen(fifo_, entered_));
  const std::vector<std::pair<uint64_t, pid_t>> expected = {{5, 123}};
  EXPECT_EQ(pool.Unfinished(), expected);
}

TEST_F(WorkerPoolTest, InterruptBreaksOffABlockingOpenAsARestart) {
  WorkerPool pool;
  pool.Submit(5, 123, BlockingOpen(fifo_, entered_));
  ASSERT_TRUE(Becomes(entered_));
  Results results;
  const auto deadline = Clock::now() + kPatience;
  // One signal can come before the call is entered, so the loop sends it again, as the supervisor.
  while (results.empty() && Clock::now() < deadline) {
    pool.Interrupt(5);
    usleep(2000);
    results = pool.TakeResults();
  }
  ASSERT_EQ(results.size(), 1U);
  constexpr int kRestart = 512;  // ERESTARTSYS
  EXPECT_EQ(std::get<Fail>(results[0].second).error, kRestart);
  EXPECT_FALSE(pool.HasUnfinished());
}

TEST_F(WorkerPoolTest, OtherErrorsAreLeftAsTheyAre) {
  WorkerPool pool;
  pool.Submit(
      1, 1, Deferred{[](const std::function<bool()>&) -> Deferred::Result { return Fail{ENXIO}; }});
  EXPECT_EQ(std::get<Fail>(WaitForResults(pool, 1).at(0).second).error, ENXIO);
}

TEST_F(WorkerPoolTest, InterruptOfAnUnknownJobDoesNothing) {
  WorkerPool pool;
  pool.Interrupt(99);
  pool.Submit(1, 1, Returning(1));
  EXPECT_EQ(WaitForResults(pool, 1).size(), 1U);
}

TEST_F(WorkerPoolTest, InterruptOfOneJobLeavesTheOther) {
  WorkerPool pool;
  std::atomic<bool> other{false};
  pool.Submit(1, 1, BlockingOpen(fifo_, entered_));
  pool.Submit(2, 1, BlockingOpen(fifo_, other));
  ASSERT_TRUE(Becomes(entered_) && Becomes(other));
  Results results;
  const auto deadline = Clock::now() + kPatience;
  while (results.empty() && Clock::now() < deadline) {
    pool.Interrupt(1);
    usleep(2000);
    results = pool.TakeResults();
  }
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].first, 1U);
  const std::vector<std::pair<uint64_t, pid_t>> expected = {{2, 1}};
  EXPECT_EQ(pool.Unfinished(), expected);
}

TEST_F(WorkerPoolTest, FifoOpensWhenTheOtherEndComes) {
  WorkerPool pool;
  pool.Submit(5, 123, BlockingOpen(fifo_, entered_));
  ASSERT_TRUE(Becomes(entered_));
  UniqueFd writer(open(fifo_.c_str(), O_WRONLY | O_CLOEXEC));
  Results results = WaitForResults(pool, 1);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_TRUE(std::get<InjectFd>(results[0].second).fd.valid());
}

TEST_F(WorkerPoolTest, DestructorEndsJobsThatBlockAndJobsThatWait) {
  const auto before = Clock::now();
  {
    WorkerPool pool;
    for (uint64_t id = 0; id < WorkerPool::kMaximumThreads + 8; ++id) {
      pool.Submit(id, 1, BlockingOpen(fifo_, entered_));
    }
    ASSERT_TRUE(Becomes(entered_));
  }
  EXPECT_LT(Clock::now() - before, kPatience);
}

}  // namespace
}  // namespace safe_trace
