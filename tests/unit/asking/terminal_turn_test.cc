#include "tracer/asking/terminal_turn.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace safe_trace {
namespace {

using std::chrono::milliseconds;
using Clock = TerminalTurn::Clock;
using Result = TerminalTurn::Result;

class TerminalTurnTest : public testing::Test {
 protected:
  TerminalTurnTest() : never_(eventfd(0, EFD_CLOEXEC)) {
    char name[] = "/tmp/safe-trace-turn-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    directory_ = name;
  }
  ~TerminalTurnTest() override { std::filesystem::remove_all(directory_); }
  Result TakeWithin(TerminalTurn& turn, int ms) {
    return turn.Take(Clock::now() + milliseconds(ms), never_.get());
  }
  std::string directory_;
  UniqueFd never_;
};

TEST_F(TerminalTurnTest, OneAsksAfterTheOther) {
  TerminalTurn one(directory_, 7), other(directory_, 7);
  EXPECT_EQ(TakeWithin(one, 0), Result::kAtOnce);
  EXPECT_EQ(TakeWithin(other, 100), Result::kNever);
  std::thread later([&one] {
    std::this_thread::sleep_for(milliseconds(150));
    one.GiveBack();
  });
  EXPECT_EQ(TakeWithin(other, 20000), Result::kAfterOthers);
  later.join();
}

TEST_F(TerminalTurnTest, TheTurnOfOneThatIsGoneIsFree) {
  TerminalTurn other(directory_, 7);
  {
    TerminalTurn one(directory_, 7);
    EXPECT_EQ(TakeWithin(one, 0), Result::kAtOnce);
  }
  EXPECT_EQ(TakeWithin(other, 0), Result::kAtOnce);
}

TEST_F(TerminalTurnTest, AnotherTerminalIsAnotherTurn) {
  TerminalTurn one(directory_, 7), other(directory_, 8);
  EXPECT_EQ(TakeWithin(one, 0), Result::kAtOnce);
  EXPECT_EQ(TakeWithin(other, 0), Result::kAtOnce);
}

TEST_F(TerminalTurnTest, WaitingEndsWhenItIsStopped) {
  TerminalTurn one(directory_, 7), other(directory_, 7);
  EXPECT_EQ(TakeWithin(one, 0), Result::kAtOnce);
  UniqueFd stop(eventfd(1, EFD_CLOEXEC));
  const Clock::time_point begun = Clock::now();
  EXPECT_EQ(other.Take(begun + std::chrono::minutes(1), stop.get()), Result::kNever);
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(20));
}

TEST_F(TerminalTurnTest, WithoutALockItIsAlwaysTheTurn) {
  TerminalTurn none, missing(directory_ + "/missing", 7);
  EXPECT_EQ(TakeWithin(none, 0), Result::kAtOnce);
  EXPECT_EQ(TakeWithin(missing, 0), Result::kAtOnce);
}

}  // namespace
}  // namespace safe_trace
