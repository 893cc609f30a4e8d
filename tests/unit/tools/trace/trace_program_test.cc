// The program as it is installed: environment, confinement and exit status together.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tools/trace/tool_testing.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

class TraceProgramTest : public ::testing::Test {
 protected:
  TraceProgramTest() {
    WriteHostileRun(state_ / "safe-trace/traces/20261122T101500Z-aaaa0001.jsonl",
                    "20261122T101500Z-aaaa0001", true);
  }

  Answer Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SAFE_TRACE_TRACE_PROGRAM);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::string state = "XDG_STATE_HOME=" + state_.path();
    // The leak checker of sanitizer builds starts a process that traces this one.
    std::string sanitizer = "ASAN_OPTIONS=detect_leaks=0";
    std::string term = "TERM=xterm-256color";
    char* environment[] = {state.data(), sanitizer.data(), term.data(), nullptr};
    const std::string out = state_ / "out";
    const std::string err = state_ / "err";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    EXPECT_EQ(posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    return {WEXITSTATUS(status), ReadFile(out), ReadFile(err)};
  }

  const TemporaryDirectory state_;
};

TEST_F(TraceProgramTest, ListShowAndVerifyWorkConfined) {
  Answer answer = Run({"list"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("20261122T101500Z-aaaa0001"));
  answer = Run({"show", "--all"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("/home/user/.ssh/id_rsa"));
  EXPECT_EQ(answer.out.find('\x1b'), std::string::npos) << "colours into a file";
  answer = Run({"verify"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("complete"));
}

TEST_F(TraceProgramTest, ReportIsWrittenConfinedAndReplacesALongerOne) {
  const std::string page = state_ / "page.html";
  WriteFile(page, std::string(5 << 20, 'x'));
  const Answer answer = Run({"report", "--html", page});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(ReadFile(page), HasSubstr("/home/user/.ssh/id_rsa"));
  EXPECT_THAT(ReadFile(page), ::testing::EndsWith("</html>\n"));
  EXPECT_EQ(Run({"report", "--html", "-"}).out, ReadFile(page));
}

TEST_F(TraceProgramTest, QueryAndDiffWorkConfined) {
  Answer answer = Run({"query", "rule=credential.ssh", "--count", "package"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("3  evil"));
  EXPECT_EQ(Run({"query", "package=absent"}).status, 1);
  const std::string file = state_ / "safe-trace/traces/20261122T101500Z-aaaa0001.jsonl";
  answer = Run({"diff", "aaaa", file});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("nothing new"));
}

TEST_F(TraceProgramTest, PruneRemovesConfinedAndOnlyWhenAsked) {
  const std::string file = state_ / "safe-trace/traces/20261122T101500Z-aaaa0001.jsonl";
  EXPECT_EQ(Run({"prune", "--keep", "0", "--dry-run"}).status, 0);
  EXPECT_EQ(Run({"prune", "--keep", "1"}).status, 0);
  EXPECT_TRUE(std::filesystem::exists(file));
  const Answer answer = Run({"prune", "--keep", "0"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("removed 20261122T101500Z-aaaa0001"));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(Run({"list"}).status, 0);
}

TEST_F(TraceProgramTest, NamedFileIsReadThroughASymlink) {
  ASSERT_EQ(
      symlink("safe-trace/traces/20261122T101500Z-aaaa0001.jsonl", (state_ / "link.jsonl").c_str()),
      0);
  const Answer answer = Run({"verify", state_ / "link.jsonl"});
  EXPECT_EQ(answer.status, 0) << answer.err;
}

TEST_F(TraceProgramTest, StatusesTellGoodWrongAndUnreadableApart) {
  WriteFile(state_ / "bad.jsonl", "no trace\n");
  EXPECT_EQ(Run({"verify", state_ / "bad.jsonl"}).status, 1);
  EXPECT_EQ(Run({"show", state_ / "bad.jsonl"}).status, 1);
  const Answer absent = Run({"verify", state_ / "absent.jsonl"});
  EXPECT_EQ(absent.status, 2);
  EXPECT_THAT(absent.err, HasSubstr("No such file"));
  EXPECT_EQ(Run({"export"}).status, 2);
  EXPECT_EQ(Run({"--help"}).status, 0);
}

TEST_F(TraceProgramTest, FullStandardOutputIsAnError) {
  const pid_t child = fork();
  if (child == 0) {
    const int full = open("/dev/full", O_WRONLY);
    if (full < 0 || dup2(full, 1) != 1) _exit(99);
    setenv("XDG_STATE_HOME", state_.path().c_str(), 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    execl(SAFE_TRACE_TRACE_PROGRAM, "safe-trace-trace", "list", nullptr);
    _exit(98);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace safe_trace
