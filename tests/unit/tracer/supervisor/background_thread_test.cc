#include "tracer/supervisor/background_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace safe_trace {
namespace {

// What a program was is worth a moment at the end: its file may be gone by then.
TEST(BackgroundThread, FinishesItsWorkWhenTheRunEnds) {
  std::promise<void> begun;
  std::atomic<bool> finished = false, next = false;
  {
    BackgroundThread thread;
    thread.Submit([&](const BackgroundThread::Stopping& stopping) {
      begun.set_value();
      for (int i = 0; i < 20; ++i) {
        if (stopping()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      finished = true;
    });
    thread.Submit([&](const BackgroundThread::Stopping&) { next = true; });
    begun.get_future().wait();
  }
  EXPECT_TRUE(finished);
  EXPECT_TRUE(next);
}

TEST(BackgroundThread, TellsItsWorkWhenTheGraceIsOver) {
  std::atomic<bool> told = false;
  {
    BackgroundThread thread;
    thread.Submit([&](const BackgroundThread::Stopping& stopping) {
      while (!stopping()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      told = true;
    });
  }
  EXPECT_TRUE(told);
}

TEST(BackgroundThread, KeepsTheOrderAndCountsWhatWaits) {
  std::promise<void> go;
  std::vector<int> order;
  {
    BackgroundThread thread;
    std::promise<void> begun;
    thread.Submit([&](const auto&) {
      begun.set_value();
      go.get_future().wait();
    });
    begun.get_future().wait();
    for (int i = 0; i < 3; ++i) thread.Submit([&order, i](const auto&) { order.push_back(i); });
    EXPECT_EQ(thread.waiting(), 3U);
    go.set_value();
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(BackgroundThread, WithoutWorkThereIsNothingToWaitFor) { BackgroundThread thread; }

}  // namespace
}  // namespace safe_trace
