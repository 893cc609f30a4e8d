// `prune`: what goes, and above all what stays.
#include "tools/trace/prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/tools/trace/tool_testing.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDay = 86'400;
constexpr int64_t kStart = 1'795'342'500;  // 2026-11-22T10:15:00Z
constexpr char kOldest[] = "20261101T000000Z-00000001";
constexpr char kMiddle[] = "20261115T000000Z-00000002";
constexpr char kNewest[] = "20261122T101500Z-00000003";

class PruneTest : public ::testing::Test {
 protected:
  PruneTest() {
    for (const char* id : {kOldest, kMiddle, kNewest}) WriteFile(PathOf(id), "{}\n");
  }
  std::string PathOf(const std::string& id) const { return directory_ / (id + ".jsonl"); }
  bool IsThere(const std::string& id) const {
    struct stat status {};
    return lstat(PathOf(id).c_str(), &status) == 0;
  }
  Answer Prune(const PruneRequest& request, int64_t now = kStart) const {
    const absl::StatusOr<UniqueFd> opened = OpenPruneDirectory(directory_.path());
    EXPECT_TRUE(opened.ok()) << opened.status();
    std::ostringstream out;
    std::ostringstream err;
    const int status = PruneTraces(opened->get(), request, now, out, err);
    return {status, out.str(), err.str()};
  }
  const TemporaryDirectory directory_;
};

TEST_F(PruneTest, NewestStayAndTheRestGoes) {
  const Answer answer = Prune({2, std::nullopt, false});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr(std::string("removed ") + kOldest));
  EXPECT_FALSE(IsThere(kOldest));
  EXPECT_TRUE(IsThere(kMiddle));
  EXPECT_TRUE(IsThere(kNewest));
}

TEST_F(PruneTest, AgeIsThatOfTheRun) {
  Prune({std::nullopt, 8, false});
  EXPECT_FALSE(IsThere(kOldest));
  EXPECT_TRUE(IsThere(kMiddle));
  Prune({std::nullopt, 7, false});
  EXPECT_FALSE(IsThere(kMiddle));
  EXPECT_TRUE(IsThere(kNewest));
  Prune({std::nullopt, 0, false}, kStart - kDay);
  EXPECT_TRUE(IsThere(kNewest)) << "a run of the future is not old";
}

TEST_F(PruneTest, WithBothBoundsBothMustSaySo) {
  Prune({0, 10, false});
  EXPECT_FALSE(IsThere(kOldest));
  EXPECT_TRUE(IsThere(kMiddle));
}

TEST_F(PruneTest, DryRunRemovesNothingAndSaysWhat) {
  const Answer answer = Prune({0, std::nullopt, true});
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.out, HasSubstr(std::string("would remove ") + kMiddle));
  EXPECT_TRUE(IsThere(kOldest) && IsThere(kMiddle) && IsThere(kNewest));
}

TEST_F(PruneTest, WithoutABoundNothingGoes) {
  Prune({});
  EXPECT_TRUE(IsThere(kOldest) && IsThere(kMiddle) && IsThere(kNewest));
}

TEST_F(PruneTest, RunThatIsStillWrittenStays) {
  constexpr char kRunning[] = "20261101T000000Z-0badcafe";
  TraceLogOptions options = SampleOptions(PathOf(kRunning));
  options.run_id = kRunning;
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  const Answer answer = Prune({0, std::nullopt, false});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_TRUE(IsThere(kRunning));
  EXPECT_THAT(answer.out, HasSubstr("still written"));
  ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  writer->reset();
  Prune({0, std::nullopt, false});
  EXPECT_FALSE(IsThere(kRunning));
}

TEST_F(PruneTest, RunThatHasNotWrittenYetStays) {
  constexpr char kEmpty[] = "20261101T000000Z-00000009";
  WriteFile(PathOf(kEmpty), "");
  const int64_t now = std::time(nullptr);
  Prune({0, std::nullopt, false}, now);
  EXPECT_TRUE(IsThere(kEmpty));
  Prune({0, std::nullopt, false}, now + 3'600);
  EXPECT_FALSE(IsThere(kEmpty));
}

TEST_F(PruneTest, LinksAndWhatIsNoRunAreLeftAlone) {
  const std::string target = directory_ / "precious";
  WriteFile(target, "precious");
  constexpr char kLink[] = "20261101T000000Z-0000000a";
  constexpr char kFolder[] = "20261101T000000Z-0000000b";
  constexpr char kFifo[] = "20261101T000000Z-0000000c";
  ASSERT_EQ(symlink(target.c_str(), PathOf(kLink).c_str()), 0);
  ASSERT_EQ(mkdir(PathOf(kFolder).c_str(), 0700), 0);
  ASSERT_EQ(mkfifo(PathOf(kFifo).c_str(), 0600), 0);
  WriteFile(directory_ / "notes.jsonl", "mine");
  WriteFile(directory_ / "20261101T000000Z-0000000d", "mine");
  const Answer answer = Prune({0, std::nullopt, false});
  EXPECT_THAT(answer.err, HasSubstr("a link"));
  EXPECT_TRUE(IsThere(kLink) && IsThere(kFolder) && IsThere(kFifo) && IsThere("notes"));
  EXPECT_EQ(ReadFile(target), "precious");
  EXPECT_EQ(ReadFile(directory_ / "20261101T000000Z-0000000d"), "mine");
}

// What cannot be opened, also by root: a socket.
TEST_F(PruneTest, WhatCannotBeRemovedIsNamedWithWhatFailed) {
  constexpr char kSocket[] = "20261101T000000Z-0000000e";
  const UniqueFd socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  ASSERT_LT(PathOf(kSocket).size(), sizeof(name.sun_path));
  PathOf(kSocket).copy(name.sun_path, sizeof(name.sun_path) - 1);
  ASSERT_EQ(bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
  const Answer answer = Prune({0, std::nullopt, false});
  EXPECT_EQ(answer.status, 2);
  EXPECT_EQ(answer.err, std::string("safe-trace trace: ") + kSocket +
                            " stays: opening it: No such device or address\n");
  EXPECT_TRUE(IsThere(kSocket));
}

TEST_F(PruneTest, DirectoryThatMayNotBeChangedIsSaid) {
  if (geteuid() == 0) GTEST_SKIP() << "root may change every directory";
  ASSERT_EQ(chmod(directory_.path().c_str(), 0500), 0);
  const Answer answer = Prune({2, std::nullopt, false});
  ASSERT_EQ(chmod(directory_.path().c_str(), 0700), 0);
  EXPECT_EQ(answer.status, 2);
  EXPECT_EQ(answer.err, std::string("safe-trace trace: ") + kOldest +
                            " stays: removing it: Permission denied\n");
}

TEST_F(PruneTest, FileOfAnotherUserStays) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  ASSERT_EQ(chown(PathOf(kOldest).c_str(), 65534, 65534), 0);
  EXPECT_THAT(Prune({0, std::nullopt, false}).err, HasSubstr("another user's"));
  EXPECT_TRUE(IsThere(kOldest));
}

TEST_F(PruneTest, DirectoryThatIsALinkIsRefused) {
  const std::string link = directory_ / "link";
  ASSERT_EQ(symlink(directory_.path().c_str(), link.c_str()), 0);
  EXPECT_FALSE(OpenPruneDirectory(link).ok());
  EXPECT_TRUE(absl::IsNotFound(OpenPruneDirectory(directory_ / "absent").status()));
}

TEST_F(PruneTest, CommandLineNeedsABoundAndRefusesNonsense) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"prune"},
                                             {"prune", "--dry-run"},
                                             {"prune", "--keep", "-1"},
                                             {"prune", "--keep", "many"},
                                             {"prune", "--keep", "1", "/etc"},
                                             {"prune", "--older-than", ""}}) {
    EXPECT_EQ(Ask(arguments, directory_.path()).status, 2);
  }
  EXPECT_EQ(Ask({"prune", "--keep", "3"}, directory_.path()).status, 0);
  EXPECT_EQ(Ask({"prune", "--keep", "3"}, directory_ / "absent").status, 0);
  EXPECT_TRUE(IsThere(kOldest) && IsThere(kMiddle) && IsThere(kNewest));
}

}  // namespace
}  // namespace safe_trace
