// A compressed trace is readable up to its last flush, whatever happens to its writer.
#include "tracer/events/compressed_sink.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/events/events_testing.h"

namespace safe_trace {
namespace {

TraceLogOptions Compressed(const std::string& path) {
  TraceLogOptions options = SampleOptions(path);
  options.compress = true;
  return options;
}

TEST(CompressedSinkTest, HoldsTheVeryLinesOfAPlainTrace) {
  const TemporaryDirectory directory;
  for (const bool compress : {false, true}) {
    TraceLogOptions options = SampleOptions(directory / (compress ? "t.zst" : "t"));
    options.compress = compress;
    options.clock = FixedClock;
    auto writer = TraceLogWriter::Open(std::move(options));
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (int i = 0; i < 1000; ++i) (*writer)->Record(FileEvent("/tmp/" + std::to_string(i)));
    ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  }
  auto reader = TraceLogReader::Open(directory / "t.zst");
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::string lines;
  TraceLine line;
  while (*reader->Next(line)) lines.append(line.text).push_back('\n');
  EXPECT_EQ(lines, ReadFile(directory / "t"));
  EXPECT_EQ(Check(directory / "t.zst").state, TraceState::kComplete);
  EXPECT_LT(std::filesystem::file_size(directory / "t.zst"),
            std::filesystem::file_size(directory / "t") / 3);
}

// What a killed run leaves: a copy of the file at that moment.
TEST(CompressedSinkTest, AViolationCanBeReadFromTheFileWhileTheRunGoesOn) {
  const TemporaryDirectory directory;
  auto writer = TraceLogWriter::Open(Compressed(directory / "t.zst"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  TraceCheck check;
  for (int i = 1; i <= 20; ++i) {
    (*writer)->Record(FileEvent("/tmp/ordinary"));
    (*writer)->Record(FileEvent("/tmp/violation", true));
    (*writer)->Flush();
    check = Check(directory / "t.zst");
    EXPECT_EQ(check.state, TraceState::kUnfinished) << DescribeCheck(check, false);
    EXPECT_EQ(check.lines, 1u + 2u * static_cast<uint64_t>(i));
  }
}

TEST(CompressedSinkTest, EveryCutOfTheFileIsAVerifiablePrefixOrNoTrace) {
  const TemporaryDirectory directory;
  auto writer = TraceLogWriter::Open(Compressed(directory / "t.zst"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < 40; ++i) {
    (*writer)->Record(FileEvent("/tmp/" + std::to_string(i * 7919), true));
    (*writer)->Flush();
  }
  ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  const std::string whole = ReadFile(directory / "t.zst");
  uint64_t most = 0;
  for (size_t cut = 1; cut < whole.size(); cut += 13) {
    WriteFile(directory / "cut.zst", whole.substr(0, cut));
    auto reader = TraceLogReader::Open(directory / "cut.zst");
    ASSERT_TRUE(reader.ok());
    const absl::StatusOr<TraceCheck> check = VerifyTrace(*reader);
    if (!check.ok()) continue;
    EXPECT_NE(check->state, TraceState::kChanged) << cut;
    EXPECT_NE(check->state, TraceState::kMissing) << cut;
    EXPECT_GE(check->lines, most) << "a longer prefix has fewer lines";
    most = check->lines;
  }
  EXPECT_GT(most, 35u);
}

TEST(CompressedSinkTest, FileSizeLimitLeavesWhatWasFlushedBefore) {
  const TemporaryDirectory directory;
  const std::string path = directory / "t.zst";
  const pid_t child = fork();
  if (child == 0) {
    const rlimit limit{4001, 4001};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto writer = TraceLogWriter::Open(Compressed(path));
    for (int i = 0; writer.ok() && i < 5000 && (*writer)->status().ok(); ++i) {
      (*writer)->Record(FileEvent("/tmp/" + std::to_string(i * 7919), true));
      (*writer)->Flush();
    }
    _exit(writer.ok() && !(*writer)->status().ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  const TraceCheck check = Check(path);
  EXPECT_EQ(check.state, TraceState::kUnfinished) << DescribeCheck(check, false);
  EXPECT_FALSE(check.last_line_is_cut);
  EXPECT_GT(check.lines, 10u);
}

}  // namespace
}  // namespace safe_trace
