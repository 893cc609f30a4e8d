// What the program can no longer do once it is confined. Each is first shown to work bare.
#include "tools/confinement/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

#include "tests/unit/events/events_testing.h"
#include "tracer/floor/landlock_ruleset.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// Errno of `attempt` (0: it worked) in a child, which is confined to `readable` first.
int ErrnoOf(const std::function<bool()>& attempt, const std::vector<std::string>& readable,
            bool confine) {
  const pid_t child = fork();
  if (child == 0) {
    if (confine && !ConfineToReading(readable).ok()) _exit(255);
    errno = 0;
    _exit(attempt() ? 0 : errno);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WEXITSTATUS(status);
}

class ConfinementTest : public ::testing::Test {
 protected:
  ConfinementTest() {
    std::filesystem::create_directory(directory_ / "traces");
    WriteFile(directory_ / "traces/t.jsonl", "trace");
    WriteFile(directory_ / "secret", "secret");
  }
  int Bare(const std::function<bool()>& attempt) { return ErrnoOf(attempt, {}, false); }
  int Confined(const std::function<bool()>& attempt) {
    return ErrnoOf(attempt, {directory_ / "traces"}, true);
  }
  void ExpectRefused(const std::function<bool()>& attempt) {
    EXPECT_EQ(Bare(attempt), 0);
    EXPECT_EQ(Confined(attempt), EPERM);
  }
  const TemporaryDirectory directory_;
};

TEST_F(ConfinementTest, TracesAreReadable) {
  EXPECT_EQ(
      Confined([this] { return open((directory_ / "traces/t.jsonl").c_str(), O_RDONLY) >= 0; }), 0);
}

TEST_F(ConfinementTest, OtherFilesAreNotReadable) {
  if (LandlockAbi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const auto attempt = [this] { return open((directory_ / "secret").c_str(), O_RDONLY) >= 0; };
  EXPECT_EQ(Bare(attempt), 0);
  EXPECT_EQ(Confined(attempt), EACCES);
}

TEST_F(ConfinementTest, NamedFileIsReadableAndItsNeighbourIsNot) {
  if (LandlockAbi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const std::vector<std::string> readable = {directory_ / "traces/t.jsonl"};
  const auto open_named = [&] { return open(readable[0].c_str(), O_RDONLY) >= 0; };
  const auto open_other = [this] { return open((directory_ / "secret").c_str(), O_RDONLY) >= 0; };
  EXPECT_EQ(ErrnoOf(open_named, readable, true), 0);
  EXPECT_EQ(ErrnoOf(open_other, readable, true), EACCES);
}

TEST_F(ConfinementTest, NothingOpensForWriting) {
  const std::string path = directory_ / "traces/t.jsonl";
  for (const int flags :
       {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND}) {
    ExpectRefused([&] { return open(path.c_str(), flags, 0600) >= 0; });
  }
  ExpectRefused([&] { return creat(path.c_str(), 0600) >= 0; });
}

TEST_F(ConfinementTest, NothingIsRemovedRenamedOrMade) {
  const std::string path = directory_ / "traces/t.jsonl";
  ExpectRefused([&] { return rename(path.c_str(), path.c_str()) == 0; });
  ExpectRefused([&] { return chmod(path.c_str(), 0600) == 0; });
  EXPECT_EQ(Confined([&] { return unlink(path.c_str()) == 0; }), EPERM);
  EXPECT_EQ(Confined([&] { return mkdir((path + "d").c_str(), 0700) == 0; }), EPERM);
  EXPECT_EQ(Confined([&] { return symlink("x", (path + "l").c_str()) == 0; }), EPERM);
  EXPECT_EQ(ReadFile(path), "trace");
}

TEST_F(ConfinementTest, OnlyTheReportCanBeEmptied) {
  const int report = open((directory_ / "secret").c_str(), O_WRONLY);
  const int other = open((directory_ / "traces/t.jsonl").c_str(), O_WRONLY);
  ASSERT_GE(report, 0);
  ASSERT_GE(other, 0);
  ExpectRefused([report] { return ftruncate(report, 6) == 0; });
  const auto with_report = [&](int fd) {
    const pid_t child = fork();
    if (child == 0) {
      if (!ConfineToReading({}, report).ok()) _exit(255);
      _exit(ftruncate(fd, 0) == 0 ? 0 : errno);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(with_report(report), 0);
  EXPECT_EQ(with_report(other), EPERM);
  EXPECT_EQ(ReadFile(directory_ / "traces/t.jsonl"), "trace");
  EXPECT_EQ(ReadFile(directory_ / "secret"), "");
  close(report);
  close(other);
}

TEST_F(ConfinementTest, NoSocketOfAnyKind) {
  for (const int domain : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    EXPECT_EQ(Confined([domain] { return socket(domain, SOCK_DGRAM, 0) >= 0; }), EPERM) << domain;
  }
  ExpectRefused([] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; });
}

TEST_F(ConfinementTest, NoProgramAndNoProcess) {
  EXPECT_EQ(Bare([] { return execl("/bin/true", "true", nullptr) == 0; }), 0);
  EXPECT_EQ(Confined([] { return execl("/bin/true", "true", nullptr) == 0; }), EPERM);
  ExpectRefused([] {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    return child > 0;
  });
}

TEST_F(ConfinementTest, NoTracingAndNoSignalsToOthers) {
  ExpectRefused([] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; });
  ExpectRefused([] { return kill(getppid(), 0) == 0; });
}

TEST_F(ConfinementTest, NoNewPrivilegesIsSet) {
  const auto attempt = [] { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; };
  EXPECT_EQ(Confined([&] {
              errno = EPERM;
              return attempt();
            }),
            0);
}

// What `prune` keeps: removing files of one directory, and nothing else.
class RemovingTest : public ConfinementTest {
 protected:
  RemovingTest() : traces_(open((directory_ / "traces").c_str(), O_RDONLY | O_DIRECTORY)) {
    std::filesystem::create_directory(directory_ / "traces/sub");
  }
  int Removing(const std::function<bool()>& attempt) {
    return ErrnoOf(
        [&] {
          const absl::StatusOr<Confinement> confined =
              ConfineToRemoving(directory_ / "traces", traces_.get());
          errno = 0;
          return confined.ok() && attempt();
        },
        {}, false);
  }
  const UniqueFd traces_;
};

TEST_F(RemovingTest, FileOfTheDirectoryCanBeRemoved) {
  EXPECT_EQ(Removing([this] { return unlinkat(traces_.get(), "t.jsonl", 0) == 0; }), 0);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "traces/t.jsonl"));
}

TEST_F(RemovingTest, FileElsewhereCannotBeRemovedThroughTheDescriptor) {
  if (LandlockAbi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(Removing([this] { return unlinkat(traces_.get(), "../secret", 0) == 0; }), EACCES);
  EXPECT_EQ(ReadFile(directory_ / "secret"), "secret");
  EXPECT_EQ(Bare([this] { return unlinkat(traces_.get(), "../secret", 0) == 0; }), 0);
}

TEST_F(RemovingTest, NothingElseIsRemovedWrittenOrMade) {
  const std::string path = directory_ / "traces/t.jsonl";
  const auto refused = [this](const std::function<bool()>& attempt) {
    EXPECT_EQ(Removing(attempt), EPERM);
  };
  refused([&] { return unlinkat(traces_.get(), "sub", AT_REMOVEDIR) == 0; });
  refused([&] { return unlinkat(AT_FDCWD, path.c_str(), 0) == 0; });
  refused([&] { return unlink(path.c_str()) == 0; });
  refused([&] { return rename(path.c_str(), (path + "x").c_str()) == 0; });
  refused([&] { return open(path.c_str(), O_WRONLY) >= 0; });
  refused([&] { return open((path + "x").c_str(), O_WRONLY | O_CREAT, 0600) >= 0; });
  refused([&] { return mkdir((path + "d").c_str(), 0700) == 0; });
  refused([] { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; });
  EXPECT_EQ(ReadFile(path), "trace");
}

}  // namespace
}  // namespace safe_trace
