// Each kind of damage is told apart from the others.
#include "tracer/events/trace_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/events/events_testing.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

constexpr int kEvents = 8;  // lines 2 to 9, between header and summary

class TraceVerifierTest : public ::testing::Test {
 protected:
  TraceVerifierTest() : lines_(WriteSampleTrace(directory_ / "good", kEvents)) {}

  TraceCheck CheckContent(const std::string& content) {
    WriteFile(directory_ / "bad", content);
    return Check(directory_ / "bad");
  }
  TraceCheck CheckLines() { return CheckContent(Joined(lines_)); }

  const TemporaryDirectory directory_;
  std::vector<std::string> lines_;
};

void Replace(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
}

TEST_F(TraceVerifierTest, UntouchedTraceIsComplete) {
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kComplete);
  EXPECT_EQ(check.lines, lines_.size());
}

TEST_F(TraceVerifierTest, ChangedValueInAnyLineNamesThatLine) {
  const std::vector<std::string> good = lines_;
  for (size_t i = 0; i < good.size(); ++i) {
    lines_ = good;
    Replace(lines_[i], "\"event.outcome\":\"", "\"event.outcome\":\"x");
    const TraceCheck check = CheckLines();
    EXPECT_EQ(check.state, TraceState::kChanged) << i;
    EXPECT_EQ(check.line, i + 1);
  }
}

TEST_F(TraceVerifierTest, ChangedHashFieldInAnyLineNamesThatLine) {
  const std::vector<std::string> good = lines_;
  for (size_t i = 0; i < good.size(); ++i) {
    lines_ = good;
    const size_t at = lines_[i].find("prev_hash\":\"") + 12;
    lines_[i][at] = lines_[i][at] == '0' ? '1' : '0';
    const TraceCheck check = CheckLines();
    EXPECT_EQ(check.state, TraceState::kChanged) << i;
    EXPECT_EQ(check.line, i + 1);
  }
}

TEST_F(TraceVerifierTest, ChangedNumberInAnyLineNamesThatLine) {
  const std::vector<std::string> good = lines_;
  for (size_t i = 1; i < good.size(); ++i) {
    lines_ = good;
    Replace(lines_[i], "\"event.sequence\":", "\"event.sequence\":9");
    const TraceCheck check = CheckLines();
    EXPECT_EQ(check.state, TraceState::kChanged) << i;
    EXPECT_EQ(check.line, i + 1);
  }
}

TEST_F(TraceVerifierTest, RemovedLinesAreCountedAndPlaced) {
  lines_.erase(lines_.begin() + 4, lines_.begin() + 7);
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kMissing);
  EXPECT_EQ(check.line, 4u);
  EXPECT_EQ(check.missing, 3u);
}

TEST_F(TraceVerifierTest, RemovedHeaderIsMissingAtTheBeginning) {
  lines_.erase(lines_.begin());
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kMissing);
  EXPECT_EQ(check.line, 0u);
  EXPECT_EQ(check.missing, 1u);
}

TEST_F(TraceVerifierTest, SwappedLinesAreNotComplete) {
  std::swap(lines_[3], lines_[4]);
  EXPECT_EQ(CheckLines().state, TraceState::kMissing);
}

TEST_F(TraceVerifierTest, RepeatedLineIsOutOfOrder) {
  lines_.insert(lines_.begin() + 4, lines_[3]);
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kChanged);
  EXPECT_EQ(check.line, 5u);
}

TEST_F(TraceVerifierTest, InsertedGarbageNamesItsLine) {
  for (const std::string garbage : {"", "garbage", "{}", "\xff\xfe", "[[[[["}) {
    std::vector<std::string> lines = lines_;
    lines.insert(lines.begin() + 4, garbage);
    const TraceCheck check = CheckContent(Joined(lines));
    EXPECT_EQ(check.state, TraceState::kChanged);
    EXPECT_EQ(check.line, 5u);
  }
}

TEST_F(TraceVerifierTest, MissingSummaryIsUnfinished) {
  lines_.pop_back();
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kUnfinished);
  EXPECT_FALSE(check.last_line_is_cut);
  EXPECT_THAT(DescribeCheck(check, false), HasSubstr("killed"));
  EXPECT_THAT(DescribeCheck(check, true), HasSubstr("still running"));
}

TEST_F(TraceVerifierTest, CutInsideALineIsUnfinishedAndSaysSo) {
  const std::string content = Joined(lines_);
  const TraceCheck check = CheckContent(content.substr(0, content.size() - 10));
  EXPECT_EQ(check.state, TraceState::kUnfinished);
  EXPECT_TRUE(check.last_line_is_cut);
  EXPECT_EQ(check.lines, lines_.size() - 1);
}

TEST_F(TraceVerifierTest, CutAnywhereIsUnfinishedAndNeverComplete) {
  const std::string content = Joined(lines_);
  for (size_t size = lines_[0].size() + 1; size < content.size(); ++size) {
    const bool is_near_a_newline = content.substr(size - 2, 4).find('\n') != std::string::npos;
    if (size % 17 != 0 && !is_near_a_newline) continue;  // every point takes long when unoptimised
    ASSERT_EQ(CheckContent(content.substr(0, size)).state, TraceState::kUnfinished) << size;
  }
}

TEST_F(TraceVerifierTest, AnythingAfterTheSummaryIsAChange) {
  lines_.push_back(lines_[2]);
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kChanged);
  EXPECT_EQ(check.line, lines_.size());
}

TEST_F(TraceVerifierTest, HeaderOfAnotherRunDoesNotFit) {
  Replace(lines_[0], kRunId, "20200101T000000Z-00000000");
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kChanged);
  EXPECT_EQ(check.line, 1u);
}

TEST_F(TraceVerifierTest, UnreadableHeaderBeforeATraceIsAChange) {
  lines_[0] = "garbage";
  const TraceCheck check = CheckLines();
  EXPECT_EQ(check.state, TraceState::kChanged);
  EXPECT_EQ(check.line, 1u);
}

TEST_F(TraceVerifierTest, OtherFilesAreNotTraces) {
  for (const std::string content :
       {"hello\nworld\n", "{\"a\":1}\n{\"b\":2}\n", "no newline", "\n\n\n", "{\"a\":1}\n"}) {
    EXPECT_EQ(CheckContent(content).state, TraceState::kNotATrace) << content;
  }
  EXPECT_EQ(CheckContent(std::string(1'000'000, '\0')).state, TraceState::kNotATrace);
}

TEST_F(TraceVerifierTest, EmptyFileIsARunThatWroteNothing) {
  const TraceCheck check = CheckContent("");
  EXPECT_EQ(check.state, TraceState::kUnfinished);
  EXPECT_EQ(check.lines, 0u);
}

TEST(HashChainTest, DigestIsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HashChainTest, SealHoldsOnlyForTheSealedBytes) {
  std::string line = R"({"a":1})";
  EXPECT_FALSE(SealHolds(line));
  SealLine(line);
  EXPECT_TRUE(SealHolds(line));
  for (size_t i = 0; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(SealHolds(changed)) << i;
  }
}

}  // namespace
}  // namespace safe_trace
