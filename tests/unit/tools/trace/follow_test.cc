// Following hostile, damaged and growing traces.
#include "tools/trace/follow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "tests/unit/events/zstd_testing.h"
#include "tests/unit/tools/trace/tool_testing.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kId[] = "20261122T101500Z-aaaa0001";

class FollowTest : public ::testing::Test {
 protected:
  int Follow(const std::string& path, bool json = false) {
    out_.str("");
    err_.str("");
    return FollowTrace(path, json, Terminal(), stop_, out_, err_);
  }

  const TemporaryDirectory directory_;
  volatile std::sig_atomic_t stop_ = 0;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(FollowTest, AFinishedRunIsShownToItsEnd) {
  WriteHostileRun(directory_ / "t", kId, true);
  EXPECT_EQ(Follow(directory_ / "t"), 0) << err_.str();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr(kId), HasSubstr("Summary"), Not(HasSubstr("\x1b"))));
}

TEST_F(FollowTest, ARunWithoutAWriterAndASummaryWasKilled) {
  WriteHostileRun(directory_ / "t", kId, false);
  EXPECT_EQ(Follow(directory_ / "t"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("was killed"));
}

TEST_F(FollowTest, CompressedAndPlainSayTheSame) {
  WriteHostileRun(directory_ / "t", kId, true);
  ASSERT_EQ(Follow(directory_ / "t", true), 0);
  const std::string plain = out_.str();
  WriteFile(directory_ / "z", ZstdFrame(ReadFile(directory_ / "t")));
  ASSERT_EQ(Follow(directory_ / "z", true), 0) << err_.str();
  EXPECT_EQ(out_.str(), plain);
}

TEST_F(FollowTest, WhatIsNoTraceDrivesNoTerminal) {
  const std::string good =
      (WriteHostileRun(directory_ / "t", kId, true), ReadFile(directory_ / "t"));
  for (const std::string& bad :
       {std::string(), std::string("\x1b[2J\n\xff\xfe\n"), std::string(40'000'000, 'x'),
        std::string("{}\n[]\nnull\n"), std::string(1000, '\n'), std::string("\x28\xb5\x2f\xfd"),
        ZstdFrame("\x1b[31mtext\n"), ZstdFrame(good).substr(0, 40)}) {
    WriteFile(directory_ / "bad", bad);
    EXPECT_NE(Follow(directory_ / "bad"), 0) << bad.substr(0, 20);
    EXPECT_THAT(out_.str() + err_.str(), Not(HasSubstr("\x1b")));
  }
  std::string damaged = ZstdFrame(good + good);
  damaged[damaged.size() / 2] ^= 0x55;
  WriteFile(directory_ / "bad", damaged);
  EXPECT_EQ(Follow(directory_ / "bad"), 2) << err_.str();
}

TEST_F(FollowTest, ALineThatIsTooLongIsLeftOutAndTheNextOnesAreNot) {
  WriteHostileRun(directory_ / "t", kId, true);
  std::vector<std::string> lines = Lines(ReadFile(directory_ / "t"));
  lines.insert(lines.begin() + 1, std::string(17 * 1024 * 1024, 'x'));
  WriteFile(directory_ / "long", Joined(lines));
  EXPECT_EQ(Follow(directory_ / "long"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("Summary"));
  EXPECT_THAT(err_.str(), HasSubstr("longer than any line of a trace"));
}

TEST_F(FollowTest, ChangedAndMissingLinesAreSaid) {
  WriteHostileRun(directory_ / "t", kId, true);
  const std::vector<std::string> lines = Lines(ReadFile(directory_ / "t"));
  std::vector<std::string> fewer = lines;
  fewer.erase(fewer.begin() + 2);
  WriteFile(directory_ / "fewer", Joined(fewer));
  EXPECT_EQ(Follow(directory_ / "fewer"), 1);
  EXPECT_THAT(out_.str(), HasSubstr("Summary"));
  EXPECT_THAT(err_.str(), HasSubstr("fewer: 1 line(s) missing after line 2"));
  std::vector<std::string> other = lines;
  other[3].replace(other[3].find("evil"), 4, "good");
  WriteFile(directory_ / "other", Joined(other));
  EXPECT_EQ(Follow(directory_ / "other", true), 1);
  EXPECT_THAT(err_.str(), HasSubstr("line 4 was changed"));
  std::vector<std::string> more = lines;
  more.push_back(lines[1]);
  WriteFile(directory_ / "more", Joined(more));
  EXPECT_EQ(Follow(directory_ / "more"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("something follows the summary"));
}

TEST_F(FollowTest, LinesComeWhileTheyAreWrittenAndTheStopFlagEndsIt) {
  auto writer = TraceLogWriter::Open(SampleOptions(directory_ / "t"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  std::thread write([&] {
    for (int i = 0; i < 5; ++i) {
      (*writer)->Record(FileEvent("/tmp/number-" + std::to_string(i), true));
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    stop_ = 1;
  });
  EXPECT_EQ(Follow(directory_ / "t"), 130);
  write.join();
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("number-0"), HasSubstr("number-3")));
  EXPECT_EQ(err_.str(), "");
}

}  // namespace
}  // namespace safe_trace
