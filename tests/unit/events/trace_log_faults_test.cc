// What is left on disk, and what the supervisor learns, when writing goes wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "tests/unit/events/events_testing.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

bool IsReadable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, 0) == 1;
}

// Exit statuses of the children below.
enum : int { kAsClaimed = 0, kCouldNotOpen = 1, kNoFailure = 2, kNotSignalled = 3, kNotSticky = 4 };

// Records until the writer fails, then says whether the failure was told as promised.
int RecordUntilFailure(const std::string& path) {
  auto writer = TraceLogWriter::Open(SampleOptions(path));
  if (!writer.ok()) return kCouldNotOpen;
  for (int i = 0; i < 200'000 && (*writer)->status().ok(); ++i) {
    (*writer)->Record(FileEvent("/tmp/" + std::string(200, 'x'), i % 100 == 0));
  }
  pollfd entry{(*writer)->error_fd(), POLLIN, 0};
  if (poll(&entry, 1, 10'000) != 1) return kNotSignalled;
  if ((*writer)->status().ok()) return kNoFailure;
  (*writer)->Record(FileEvent("/tmp/late", true));
  return (*writer)->Close(SampleSummary()).ok() ? kNotSticky : kAsClaimed;
}

int StatusOfChild(int (*body)(const std::string&), const std::string& argument) {
  const pid_t child = fork();
  if (child == 0) _exit(body(argument));
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

void ExpectVerifiablePrefix(const std::string& path) {
  const std::string content = ReadFile(path);
  ASSERT_FALSE(content.empty());
  EXPECT_EQ(content.back(), '\n') << "ends inside a line";
  const TraceCheck check = Check(path);
  EXPECT_EQ(check.state, TraceState::kUnfinished) << DescribeCheck(check, false);
  EXPECT_FALSE(check.last_line_is_cut);
  EXPECT_GT(check.lines, 10u);
}

// Without SIGXFSZ ignored: the writer must not let it end the process.
TEST(TraceLogFaultsTest, FileSizeLimitLeavesAVerifiablePrefixAndAStickyStatus) {
  const TemporaryDirectory directory;
  EXPECT_EQ(StatusOfChild(
                [](const std::string& path) {
                  const rlimit limit{300'001, 300'001};
                  return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? RecordUntilFailure(path) : 99;
                },
                directory / "t.jsonl"),
            kAsClaimed);
  ExpectVerifiablePrefix(directory / "t.jsonl");
}

TEST(TraceLogFaultsTest, NoRoomForTheFirstLineRefusesToOpen) {
  const TemporaryDirectory directory;
  EXPECT_EQ(StatusOfChild(
                [](const std::string& path) {
                  const rlimit limit{10, 10};
                  return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? RecordUntilFailure(path) : 99;
                },
                directory / "t.jsonl"),
            kCouldNotOpen);
  EXPECT_EQ(ReadFile(directory / "t.jsonl"), "");
}

// A tmpfs of 256 KiB in a mount namespace of the child's own; only where one can be had.
TEST(TraceLogFaultsTest, FullDiskLeavesAVerifiablePrefixAndAStickyStatus) {
  if (geteuid() != 0) GTEST_SKIP() << "mounting needs root; the size limit's test covers the path";
  const TemporaryDirectory directory;
  const std::string mount_point = directory / "mnt";
  ASSERT_TRUE(std::filesystem::create_directory(mount_point));
  if (mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "this place does not allow mounting";
  }
  EXPECT_EQ(StatusOfChild(RecordUntilFailure, mount_point + "/t.jsonl"), kAsClaimed);
  ExpectVerifiablePrefix(mount_point + "/t.jsonl");
  EXPECT_EQ(umount2(mount_point.c_str(), MNT_DETACH), 0);
}

TEST(TraceLogFaultsTest, WriterKilledAtAnyMomentLeavesAVerifiablePrefix) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 25; ++round) {
    const TemporaryDirectory directory;
    const std::string path = directory / "t.jsonl";
    const pid_t child = fork();
    if (child == 0) {
      auto writer = TraceLogWriter::Open(SampleOptions(path));
      if (!writer.ok()) _exit(1);
      for (int i = 0;; ++i)
        (*writer)->Record(FileEvent("/tmp/" + std::string(500, 'y'), i % 7 == 0));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    if (!std::filesystem::exists(path)) continue;
    const TraceCheck check = Check(path);
    const bool is_cut_in_the_header = check.lines == 0 && check.state == TraceState::kNotATrace;
    EXPECT_TRUE(check.state == TraceState::kUnfinished || is_cut_in_the_header)
        << DescribeCheck(check, false);
  }
}

// A disk that fails, or hangs, on command.
class FakeSink : public LineSink {
 public:
  absl::Status Append(std::string_view lines) override {
    std::unique_lock lock(mutex_);
    is_appending_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hangs_; });
    if (!failure_.ok()) return failure_;
    content_.append(lines);
    return absl::OkStatus();
  }
  absl::Status Sync() override { return sync_failure_; }

  void SetHang(bool hangs) {
    const std::lock_guard lock(mutex_);
    hangs_ = hangs;
    is_appending_ = false;
    changed_.notify_all();
  }
  void AwaitAppend() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_appending_; });
  }
  void SetFailure(absl::Status failure) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
  }
  std::string content() {
    const std::lock_guard lock(mutex_);
    return content_;
  }
  absl::Status sync_failure_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = false;
  bool is_appending_ = false;
  absl::Status failure_;
  std::string content_;
};

TEST(TraceLogFaultsTest, FailureIsReadableAtOnceAndStaysTheFirst) {
  auto owned = std::make_unique<FakeSink>();
  FakeSink* sink = owned.get();
  auto writer = TraceLogWriter::OpenOn(std::move(owned), SampleOptions(""));
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_FALSE(IsReadable((*writer)->error_fd()));
  sink->SetFailure(absl::DataLossError("first"));
  (*writer)->Record(FileEvent("/x", true));
  pollfd entry{(*writer)->error_fd(), POLLIN, 0};
  ASSERT_EQ(poll(&entry, 1, 10'000), 1);
  sink->SetFailure(absl::OkStatus());
  const std::string before = sink->content();
  (*writer)->Record(FileEvent("/y", true));
  EXPECT_EQ((*writer)->Close(SampleSummary()), absl::DataLossError("first"));
  EXPECT_EQ(sink->content(), before) << "lines after a gap";
}

TEST(TraceLogFaultsTest, FailedFlushIsSaidByClose) {
  auto owned = std::make_unique<FakeSink>();
  owned->sync_failure_ = absl::InternalError("EIO");
  auto writer = TraceLogWriter::OpenOn(std::move(owned), SampleOptions(""));
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ((*writer)->Close(SampleSummary()), absl::InternalError("EIO"));
  EXPECT_TRUE(IsReadable((*writer)->error_fd()));
}

TEST(TraceLogFaultsTest, HangingDiskDoesNotHoldAViolationsCallerForEver) {
  auto owned = std::make_unique<FakeSink>();
  FakeSink* sink = owned.get();
  TraceLogOptions options = SampleOptions("");
  options.max_queued_events = 4;
  options.violation_wait = std::chrono::milliseconds(50);
  auto writer = TraceLogWriter::OpenOn(std::move(owned), std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  sink->SetHang(true);
  (*writer)->Record(FileEvent("/first", true));
  sink->AwaitAppend();
  for (int i = 0; i < 4; ++i) (*writer)->Record(FileEvent("/filler"));
  const auto start = std::chrono::steady_clock::now();
  // The disk has been hanging for at least one wait after the second of these.
  (*writer)->Record(FileEvent("/one-over", true));
  (*writer)->Record(FileEvent("/two-over", true));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ((*writer)->status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(IsReadable((*writer)->error_fd()));
  sink->SetHang(false);
  (void)(*writer)->Close(SampleSummary());
  EXPECT_THAT(sink->content(), HasSubstr("/one-over"));
  EXPECT_THAT(sink->content(), HasSubstr("/two-over"));
}

}  // namespace
}  // namespace safe_trace
