// Compressed traces are read like others, and hostile ones cost little.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/events/events_testing.h"
#include "tests/unit/events/zstd_testing.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CompressedReaderTest : public ::testing::Test {
 protected:
  // The lines; "(cut)" after one without its end. `failure_` is what stopped it.
  std::vector<std::string> Read(const std::string& content) {
    WriteFile(directory_ / "in", content);
    absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(directory_ / "in");
    EXPECT_TRUE(reader.ok());
    std::vector<std::string> lines;
    TraceLine line;
    for (;;) {
      const absl::StatusOr<bool> more = reader->Next(line);
      failure_ = more.status();
      if (!more.ok() || !*more) return lines;
      lines.push_back(std::string(line.text) + (line.is_complete ? "" : "(cut)"));
    }
  }
  const TemporaryDirectory directory_;
  absl::Status failure_;
};

TEST_F(CompressedReaderTest, FramesInARowReadAsOneFile) {
  // An empty one, and one without content, too.
  const std::string skippable("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_THAT(Read(skippable + ZstdFrame("one\ntw") + ZstdFrame("") + ZstdFrame("o\nthree\n")),
              ElementsAre("one", "two", "three"));
  EXPECT_TRUE(failure_.ok()) << failure_;
}

TEST_F(CompressedReaderTest, CompressedTraceVerifiesAndItsEdgesAreFound) {
  WriteSampleTrace(directory_ / "plain", 3'000);
  const std::string plain = ReadFile(directory_ / "plain");
  WriteFile(directory_ / "packed", ZstdFrame(plain));
  ASSERT_LT(ReadFile(directory_ / "packed").size(), plain.size() / 2);
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(directory_ / "packed");
  ASSERT_TRUE(reader.ok());
  const absl::StatusOr<TraceCheck> check = VerifyTrace(*reader);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->state, TraceState::kComplete);

  const absl::StatusOr<UniqueFd> fd = OpenTrace(directory_ / "packed");
  const absl::StatusOr<UniqueFd> plain_fd = OpenTrace(directory_ / "plain");
  const absl::StatusOr<TraceEdges> edges = ReadTraceEdges(fd->get());
  const absl::StatusOr<TraceEdges> expected = ReadTraceEdges(plain_fd->get());
  ASSERT_TRUE(edges.ok() && expected.ok());
  EXPECT_EQ(edges->first, expected->first);
  EXPECT_EQ(edges->last, expected->last);
}

TEST_F(CompressedReaderTest, CutFileGivesWhatIsThere) {
  std::string lines;
  std::mt19937 random(1);
  for (int i = 0; i < 40'000; ++i) lines += std::to_string(random()) + "\n";
  const std::string packed = ZstdFrame(lines);
  const std::vector<std::string> read = Read(packed.substr(0, packed.size() / 2));
  EXPECT_TRUE(failure_.ok()) << failure_;
  ASSERT_GT(read.size(), 5'000u);
  ASSERT_LT(read.size(), 40'000u);
  EXPECT_EQ(lines.substr(0, read[0].size()), read[0]);
  EXPECT_TRUE(Read(packed.substr(0, 5)).empty());
}

TEST_F(CompressedReaderTest, DamageIsAnErrorThatSaysWhere) {
  std::string lines;
  std::mt19937 random(1);
  for (int i = 0; i < 200'000; ++i) lines += std::to_string(random()) + "\n";
  std::string packed = ZstdFrame(lines);
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  Read(packed);
  EXPECT_EQ(failure_.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(failure_.message()), HasSubstr("damaged"));
  EXPECT_THAT(std::string(failure_.message()), HasSubstr("after line "));
  Read(ZstdFrame("one\n") + "and then text\n");
  EXPECT_EQ(failure_.code(), absl::StatusCode::kDataLoss);
}

TEST_F(CompressedReaderTest, WindowOverTheLimitIsRefusedAndOneOfTheLimitRead) {
  const std::string lines = std::string(40'000, 'a') + "\n";
  EXPECT_EQ(Read(ZstdFrame(lines, kMaxZstdWindowLog)).size(), 1u);
  EXPECT_TRUE(failure_.ok()) << failure_;
  EXPECT_TRUE(Read(ZstdFrame(lines, kMaxZstdWindowLog + 1)).empty());
  EXPECT_EQ(failure_.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(failure_.message()), HasSubstr("8 MiB"));
}

TEST_F(CompressedReaderTest, BombIsGivenUpEarlyWhetherItHasLinesOrNot) {
  for (const char* unit : {"a", "{}\n"}) {
    std::string text;
    while (text.size() < (8u << 20)) text += unit;
    const std::string frame = ZstdFrame(text);
    std::string bomb;
    while (bomb.size() < 400'000) bomb += frame;
    WriteFile(directory_ / "in", bomb);
    absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(directory_ / "in");
    ASSERT_TRUE(reader.ok());
    TraceLine line;
    uint64_t bytes = 0;
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) {
      more = reader->Next(line);
      bytes += line.text.size() + 1;
    }
    EXPECT_EQ(more.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_LT(bytes, kZstdAllowance + kMaxZstdExpansion * bomb.size() + (1u << 20));
    const absl::StatusOr<UniqueFd> fd = OpenTrace(directory_ / "in");
    EXPECT_FALSE(ReadTraceEdges(fd->get()).ok());
  }
}

}  // namespace
}  // namespace safe_trace
