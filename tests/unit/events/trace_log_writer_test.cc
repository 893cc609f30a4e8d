#include "tracer/events/trace_log_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "tests/unit/events/events_testing.h"
#include "tracer/events/run_id.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

// Parsing every line of a long trace would take an unoptimised build many seconds.
int64_t NumberIn(const std::string& line, const std::string& key, int64_t fallback) {
  const size_t at = line.find("\"" + key + "\":");
  return at == std::string::npos ? fallback : std::stoll(line.substr(at + key.size() + 3));
}

TEST(TraceLogWriterTest, WholeRunVerifies) {
  const TemporaryDirectory directory;
  const std::vector<std::string> lines = WriteSampleTrace(directory / "t.jsonl", 500);
  EXPECT_EQ(lines.size(), 502u);
  const TraceCheck check = Check(directory / "t.jsonl");
  EXPECT_EQ(check.state, TraceState::kComplete) << DescribeCheck(check, false);
  EXPECT_EQ(check.run_id, kRunId);
}

TEST(TraceLogWriterTest, BytesOfATraceAreAsPromised) {
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / "t.jsonl");
  options.clock = FixedClock;
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Record(FileEvent("/home/user/.ssh/id_rsa", true));
  (*writer)->Record(FileEvent("/tmp/\xff\x1b[2J"));
  ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  EXPECT_EQ(ReadFile(directory / "t.jsonl"), ReadFile(SAFE_TRACE_GOLDEN "/trace-v1.jsonl"))
      << "the form of the trace changed: raise kTraceSchemaVersion if readers must know, and "
         "replace tests/golden/trace-v1.jsonl";
}

TEST(TraceLogWriterTest, HeadHashIsThatOfTheLastLine) {
  const TemporaryDirectory directory;
  auto writer = TraceLogWriter::Open(SampleOptions(directory / "t.jsonl"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  EXPECT_EQ((*writer)->head_hash(), Sha256Hex(Lines(ReadFile(directory / "t.jsonl")).back()));
  EXPECT_EQ((*writer)->head_hash(), Check(directory / "t.jsonl").head_hash);
}

TEST(TraceLogWriterTest, FileAndMadeDirectoriesAreForTheirOwnerOnly) {
  const TemporaryDirectory directory;
  const mode_t before = umask(0);
  auto writer = TraceLogWriter::Open(SampleOptions(directory / "a/b/t.jsonl"));
  umask(before);
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(ModeOf(directory / "a/b/t.jsonl"), 0600u);
  EXPECT_EQ(ModeOf(directory / "a"), 0700u);
  EXPECT_EQ(ModeOf(directory / "a/b"), 0700u);
}

TEST(TraceLogWriterTest, ExistingFileIsNeverOverwritten) {
  const TemporaryDirectory directory;
  WriteFile(directory / "t.jsonl", "mine");
  const auto writer = TraceLogWriter::Open(SampleOptions(directory / "t.jsonl"));
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(writer.status().message()), HasSubstr("-o"));
  EXPECT_EQ(ReadFile(directory / "t.jsonl"), "mine");
}

TEST(TraceLogWriterTest, SymlinkIsNotFollowed) {
  const TemporaryDirectory directory;
  ASSERT_EQ(symlink((directory / "target").c_str(), (directory / "t.jsonl").c_str()), 0);
  EXPECT_FALSE(TraceLogWriter::Open(SampleOptions(directory / "t.jsonl")).ok());
  EXPECT_FALSE(std::filesystem::exists(directory / "target"));
}

TEST(TraceLogWriterTest, ParentThatIsAFileIsSaid) {
  const TemporaryDirectory directory;
  WriteFile(directory / "file", "");
  const auto writer = TraceLogWriter::Open(SampleOptions(directory / "file/t.jsonl"));
  EXPECT_THAT(std::string(writer.status().message()), HasSubstr("-o FILE"));
}

TEST(TraceLogWriterTest, ViolationReachesTheFileWithoutWaitingForTheInterval) {
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / "t.jsonl");
  options.flush_interval = std::chrono::hours(1);
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Record(FileEvent("/tmp/calm"));
  (*writer)->Record(FileEvent("/etc/shadow", true));
  for (int i = 0; i < 1000 && Lines(ReadFile(directory / "t.jsonl")).size() < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Lines(ReadFile(directory / "t.jsonl")).size(), 3u);
}

TEST(TraceLogWriterTest, OrdinaryEventReachesTheFileAfterTheInterval) {
  const TemporaryDirectory directory;
  auto writer = TraceLogWriter::Open(SampleOptions(directory / "t.jsonl"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Record(FileEvent("/tmp/calm"));
  for (int i = 0; i < 1000 && Lines(ReadFile(directory / "t.jsonl")).size() < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Lines(ReadFile(directory / "t.jsonl")).size(), 2u);
}

// Four threads against a small queue: ordinary events may be dropped, but are counted; violations
// all arrive, and each thread's lines are in its order.
TEST(TraceLogWriterTest, FloodFromFourThreadsKeepsOrderAndEveryViolation) {
  constexpr int64_t kThreads = 4;
  constexpr int64_t kPerThread = 25'000;
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / "t.jsonl");
  options.max_queued_events = 4096;
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&writer, t] {
      for (int64_t i = 0; i < kPerThread; ++i) {
        TraceEvent event = FileEvent("/tmp/x", i % 10 == 0);
        event.Set("test.thread", t).Set("test.serial", i);
        (*writer)->Record(std::move(event));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());

  std::map<int64_t, int64_t> last;
  std::map<int64_t, int64_t> violations;
  int64_t events = 0;
  int64_t said_dropped = 0;
  HashChain chain(kRunId);
  for (const std::string& line : Lines(ReadFile(directory / "t.jsonl"))) {
    ASSERT_NE(line.find("\"safe_trace.prev_hash\":\"" + chain.head()), std::string::npos);
    chain.Advance(line);
    said_dropped += NumberIn(line, "safe_trace.dropped", 0);
    const int64_t thread = NumberIn(line, "test.thread", -1);
    if (thread < 0) continue;
    const int64_t serial = NumberIn(line, "test.serial", -1);
    const auto before = last.find(thread);
    if (before != last.end()) {
      ASSERT_GT(serial, before->second);
    }
    last[thread] = serial;
    ++events;
    if (line.find("\"event.kind\":\"alert\"") != std::string::npos) ++violations[thread];
  }
  for (int64_t t = 0; t < kThreads; ++t) EXPECT_EQ(violations[t], kPerThread / 10);
  EXPECT_EQ(events + said_dropped, kThreads * kPerThread);
  EXPECT_EQ(static_cast<int64_t>((*writer)->dropped_events()), said_dropped);
  EXPECT_EQ(chain.head(), (*writer)->head_hash());
}

TEST(TraceLogWriterTest, DroppedEventsAreSaidInTheTraceAndInTheSummary) {
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / "t.jsonl");
  options.own_thread = false;
  options.max_queued_events = 10;
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < 15; ++i) (*writer)->Record(FileEvent("/tmp/x"));
  ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  const std::vector<std::string> lines = Lines(ReadFile(directory / "t.jsonl"));
  ASSERT_EQ(lines.size(), 13u);
  EXPECT_THAT(lines[11], HasSubstr("\"safe_trace.dropped\":5"));
  EXPECT_THAT(lines[12], HasSubstr("\"safe_trace.summary.dropped_events\":5"));
}

TEST(TraceLogWriterTest, ViolationWithoutRoomIsWrittenByItsCallerInOrder) {
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / "t.jsonl");
  options.own_thread = false;
  options.max_queued_events = 10;
  options.violation_wait = std::chrono::milliseconds(5);
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < 10; ++i) (*writer)->Record(FileEvent("/tmp/x"));
  (*writer)->Record(FileEvent("/etc/shadow", true));
  const std::vector<std::string> lines = Lines(ReadFile(directory / "t.jsonl"));
  ASSERT_EQ(lines.size(), 12u);
  EXPECT_THAT(lines.back(), HasSubstr("/etc/shadow"));
  EXPECT_TRUE((*writer)->status().ok());
}

TEST(TraceLogWriterTest, RunThatIsWrittenIsToldFromOneThatWasKilled) {
  const TemporaryDirectory directory;
  auto writer = TraceLogWriter::Open(SampleOptions(directory / "t.jsonl"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  auto reader = TraceLogReader::Open(directory / "t.jsonl");
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(reader->IsBeingWritten());
  writer->reset();
  EXPECT_FALSE(reader->IsBeingWritten());
}

TEST(RunIdTest, SortsByTimeAndIsRecognised) {
  const std::string first = NewRunId(FixedClock(), {0xff, 0xff, 0xff, 0xff});
  const std::string second = NewRunId(FixedClock() + 1'000'000'000, {0, 0, 0, 1});
  EXPECT_EQ(first, "20261122T101500Z-ffffffff");
  EXPECT_LT(first, second);
  EXPECT_TRUE(IsRunId(first));
  EXPECT_FALSE(IsRunId("../../etc/passwd"));
  EXPECT_FALSE(IsRunId(first + "/"));
  const auto fresh = NewRunId();
  ASSERT_TRUE(fresh.ok());
  EXPECT_TRUE(IsRunId(*fresh));
}

TEST(RunIdTest, TracesLiveInTheStateDirectory) {
  EXPECT_EQ(*DefaultTraceDirectory({{"HOME", "/home/u"}}),
            "/home/u/.local/state/safe-trace/traces");
  EXPECT_EQ(*DefaultTraceDirectory({{"HOME", "/home/u"}, {"XDG_STATE_HOME", "/s"}}),
            "/s/safe-trace/traces");
  EXPECT_EQ(*DefaultTraceDirectory({{"HOME", "/home/u"}, {"XDG_STATE_HOME", "relative"}}),
            "/home/u/.local/state/safe-trace/traces");
}

TEST(RunIdTest, WithoutHomeTheAccountsHomeHoldsTheTraces) {
  const auto account = [] { return std::string("/home/passwd"); };
  const std::string below = "/.local/state/safe-trace/traces";
  EXPECT_EQ(*DefaultTraceDirectory({}, account), "/home/passwd" + below);
  EXPECT_EQ(*DefaultTraceDirectory({{"HOME", ""}}, account), "/home/passwd" + below);
  EXPECT_EQ(*DefaultTraceDirectory({{"HOME", "/home/u"}}, account), "/home/u" + below);
  EXPECT_EQ(*DefaultTraceDirectory({{"XDG_STATE_HOME", "/s"}}, account), "/s/safe-trace/traces");
  EXPECT_FALSE(DefaultTraceDirectory({}, [] { return std::string(); }).ok());
}

TEST(RunIdTest, AHomeAtTheRootGivesNoDoubledSlash) {
  for (const char* home : {"/", "//"}) {
    EXPECT_EQ(*DefaultTraceDirectory({{"HOME", home}}), "/.local/state/safe-trace/traces");
    EXPECT_EQ(*DefaultTraceDirectory({{"XDG_STATE_HOME", home}}), "/safe-trace/traces");
  }
  EXPECT_EQ(*DefaultTraceDirectory({{"HOME", "/h/"}}), "/h/.local/state/safe-trace/traces");
}

TEST(RunIdTest, OpenRefusesARunIdThatCouldLeaveItsDirectory) {
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / "t.jsonl");
  options.run_id = "../x";
  EXPECT_EQ(TraceLogWriter::Open(std::move(options)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace safe_trace
