// Every refusal is seen in a forked child that laid the real domain on itself, and each is first
// shown to succeed without it, so that none passes by accident.
#include "tracer/floor/landlock_ruleset.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "tracer/floor/landlock_abi.h"

namespace safe_trace {
namespace {

constexpr int kNoRestriction = 201;  // the child could not confine itself
constexpr int kDied = 202;
constexpr unsigned kChildSeconds = 20;

int ErrnoOf(long result) { return result >= 0 ? 0 : errno; }

// Runs `act` in a child and returns what it returned: 0 or an errno value. The child's alarm ends
// it, so the wait is bounded.
int InChild(const std::function<int()>& act) {
  pid_t child = fork();
  if (child == 0) {
    alarm(kChildSeconds);
    _exit(act());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kDied;
}

int Confined(int ruleset_fd, const std::function<int()>& act) {
  return InChild([&] {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return kNoRestriction;
    if (RestrictSelf(ruleset_fd) != 0) return kNoRestriction;
    return act();
  });
}

int TryOpen(const std::string& path, int flags) {
  int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
  int result = ErrnoOf(fd);
  if (fd >= 0) close(fd);
  return result;
}

class LandlockRulesetTest : public testing::Test {
 protected:
  void SetUp() override {
    abi_ = LandlockAbi();
    if (abi_ == 0) {
      if (getenv("CI") != nullptr) FAIL() << "this kernel offers no Landlock";
      GTEST_SKIP() << "this kernel offers no Landlock";
    }
    char made[] = "/tmp/safe-trace-floor-XXXXXX";
    ASSERT_NE(mkdtemp(made), nullptr);
    root_ = std::filesystem::canonical(made);
    for (const char* name : {"inside", "inside/open", "inside/carved", "outside"}) {
      std::filesystem::create_directory(root_ + "/" + name);
    }
    for (const char* name : {"inside/open/a", "inside/carved/secret", "outside/b"}) {
      std::ofstream(root_ + "/" + name) << "content";
    }
  }
  void TearDown() override {
    if (!root_.empty()) std::filesystem::remove_all(root_);
  }

  UniqueFd Ruleset(std::vector<PathGrant> grants) { return Ruleset(std::move(grants), abi_); }
  UniqueFd Ruleset(std::vector<PathGrant> grants, int abi) {
    auto built = BuildLandlockRuleset(FloorPlan(std::move(grants)), abi);
    EXPECT_TRUE(built.ok()) << built.status();
    return built.ok() ? *std::move(built) : UniqueFd();
  }
  // Skips, or under CI fails, where the kernel is older than what the case is about.
  bool Lacks(int abi) {
    if (abi_ >= abi) return false;
    if (getenv("CI") != nullptr) ADD_FAILURE() << "needs Landlock ABI " << abi;
    return true;
  }
  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  std::string root_;
  int abi_ = 0;
};

constexpr Access kAll = Access::kRead | Access::kWrite | Access::kExecute;

TEST_F(LandlockRulesetTest, ReadingOutsideTheGrantsIsRefused) {
  UniqueFd ruleset = Ruleset({{Path("inside"), Access::kRead}});
  auto read_outside = [&] { return TryOpen(Path("outside/b"), O_RDONLY); };
  EXPECT_EQ(InChild(read_outside), 0);
  EXPECT_EQ(Confined(ruleset.get(), read_outside), EACCES);
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("inside/open/a"), O_RDONLY); }), 0);
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("outside"), O_DIRECTORY); }), EACCES);
}

TEST_F(LandlockRulesetTest, WhatIsSaidToBeGrantedIsWhatBecameARule) {
  std::filesystem::create_directory_symlink(Path("inside"), Path("link"));
  std::filesystem::create_symlink(Path("outside/b"), Path("file-link"));
  const std::vector<PathGrant> grants = {
      {Path("absent"), kAll},          {Path("file-link"), Access::kExecute},
      {Path("inside/open"), kAll},     {Path("link"), kAll},
      {Path("link/carved"), kAll},     {Path("outside/b"), Access::kRead | Access::kWrite},
      {Path("outside/b/below"), kAll}, {"/dev/null", Access::kExecute}};
  auto built = BuildLandlockFloor(FloorPlan(grants), abi_);
  ASSERT_TRUE(built.ok()) << built.status();
  std::vector<std::string> granted;
  for (const PathGrant& grant : built->granted.grants()) granted.push_back(grant.path);
  EXPECT_EQ(granted,
            (std::vector<std::string>{Path("inside/open"), Path("outside/b"), "/dev/null"}));
  EXPECT_TRUE(built->granted.Covers(Path("outside/b"), Access::kWrite));
  EXPECT_FALSE(built->granted.Covers(Path("absent"), Access::kRead));
  const int ruleset = built->fd.get();
  EXPECT_EQ(Confined(ruleset, [&] { return TryOpen(Path("inside/open/a"), O_RDWR); }), 0);
  EXPECT_EQ(Confined(ruleset, [&] { return TryOpen(Path("outside/b"), O_RDWR); }), 0);
  EXPECT_EQ(Confined(ruleset, [&] { return TryOpen(Path("link/carved/secret"), O_RDONLY); }),
            EACCES);
}

TEST_F(LandlockRulesetTest, CarvedOutSiblingIsRefused) {
  UniqueFd ruleset = Ruleset({{Path("inside/open"), kAll}});
  auto read_carved = [&] { return TryOpen(Path("inside/carved/secret"), O_RDONLY); };
  EXPECT_EQ(InChild(read_carved), 0);
  EXPECT_EQ(Confined(ruleset.get(), read_carved), EACCES);
  EXPECT_EQ(
      Confined(ruleset.get(), [&] { return TryOpen(Path("inside/new"), O_CREAT | O_WRONLY); }),
      EACCES);
}

TEST_F(LandlockRulesetTest, ReadGrantDoesNotAllowWritingTruncatingOrMaking) {
  UniqueFd ruleset = Ruleset({{Path("inside"), Access::kRead}});
  std::string file = Path("inside/open/a");
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(file, O_WRONLY); }), EACCES);
  EXPECT_EQ(Confined(ruleset.get(), [&] { return ErrnoOf(unlink(file.c_str())); }), EACCES);
  EXPECT_EQ(Confined(ruleset.get(), [&] { return ErrnoOf(mkdir(Path("inside/d").c_str(), 0700)); }),
            EACCES);
  if (!Lacks(3)) {
    EXPECT_EQ(Confined(ruleset.get(), [&] { return ErrnoOf(truncate(file.c_str(), 0)); }), EACCES);
  }
}

TEST_F(LandlockRulesetTest, WriteGrantAllowsWhatAnInstallerDoes) {
  UniqueFd ruleset = Ruleset({{Path("inside"), Access::kRead | Access::kWrite}});
  EXPECT_EQ(Confined(ruleset.get(),
                     [&] {
                       std::string made = Path("inside/made"), moved = Path("inside/open/moved");
                       if (int e = TryOpen(made, O_CREAT | O_TRUNC | O_WRONLY)) return e;
                       if (int e = ErrnoOf(rename(made.c_str(), moved.c_str()))) return e;
                       if (int e = ErrnoOf(symlink("moved", Path("inside/l").c_str()))) return e;
                       if (int e = ErrnoOf(mkfifo(Path("inside/p").c_str(), 0600))) return e;
                       if (int e = ErrnoOf(truncate(moved.c_str(), 3))) return e;
                       if (int e = ErrnoOf(mkdir(Path("inside/d").c_str(), 0700))) return e;
                       if (int e = ErrnoOf(rmdir(Path("inside/d").c_str()))) return e;
                       return ErrnoOf(unlink(moved.c_str()));
                     }),
            0);
}

TEST_F(LandlockRulesetTest, MakingADeviceIsRefusedEvenWithWriteGrant) {
  UniqueFd ruleset = Ruleset({{Path("inside"), kAll}});
  auto make = [&] { return ErrnoOf(mknod(Path("inside/null").c_str(), S_IFCHR | 0600, 0x103)); };
  int bare = InChild(make);
  std::filesystem::remove(Path("inside/null"));
  // An ordinary user is refused by the kernel anyway (EPERM).
  EXPECT_THAT(Confined(ruleset.get(), make), testing::AnyOf(EACCES, EPERM));
  if (bare == 0) {
    EXPECT_EQ(Confined(ruleset.get(), make), EACCES);
  }
}

TEST_F(LandlockRulesetTest, RenameAndLinkOutOfTheGrantAreRefused) {
  UniqueFd ruleset = Ruleset({{Path("inside"), kAll}});
  std::string from = Path("inside/open/a"), to = Path("outside/stolen");
  auto link_out = [&] { return ErrnoOf(link(from.c_str(), to.c_str())); };
  EXPECT_EQ(InChild(link_out), 0);
  std::filesystem::remove(to);
  EXPECT_THAT(Confined(ruleset.get(), link_out), testing::AnyOf(EACCES, EXDEV));
  EXPECT_THAT(Confined(ruleset.get(), [&] { return ErrnoOf(rename(from.c_str(), to.c_str())); }),
              testing::AnyOf(EACCES, EXDEV));
}

TEST_F(LandlockRulesetTest, LinkFromOutsideIntoTheGrantIsRefused) {
  UniqueFd ruleset = Ruleset({{Path("inside"), kAll}});
  std::string secret = Path("outside/b"), into = Path("inside/readable");
  auto link_in = [&] { return ErrnoOf(link(secret.c_str(), into.c_str())); };
  EXPECT_EQ(InChild(link_in), 0);
  std::filesystem::remove(into);
  EXPECT_THAT(Confined(ruleset.get(), link_in), testing::AnyOf(EACCES, EXDEV));
}

TEST_F(LandlockRulesetTest, ProgramWithoutExecuteGrantIsRefused) {
  std::filesystem::copy_file("/bin/true", Path("inside/program"));
  std::filesystem::permissions(Path("inside/program"), std::filesystem::perms::owner_all);
  UniqueFd ruleset = Ruleset({{"/usr", Access::kRead | Access::kExecute},
                              {Path("inside"), Access::kRead | Access::kWrite}});
  auto run = [&] {
    std::string program = Path("inside/program");
    char* arguments[] = {program.data(), nullptr};
    execv(program.c_str(), arguments);
    return errno;
  };
  EXPECT_EQ(InChild(run), 0);
  EXPECT_EQ(Confined(ruleset.get(), run), EACCES);
}

TEST_F(LandlockRulesetTest, GrantOnASingleFileIsMaskedToFileRights) {
  UniqueFd ruleset = Ruleset({{Path("outside/b"), kAll}});
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("outside/b"), O_RDWR); }), 0);
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("outside"), O_DIRECTORY); }), EACCES);
}

TEST_F(LandlockRulesetTest, VanishedPathsAndSymlinksAreSkipped) {
  std::filesystem::create_symlink(Path("outside"), Path("inside/door"));
  UniqueFd ruleset = Ruleset({{Path("gone"), kAll},
                              {Path("outside/b/below-a-file"), kAll},
                              {Path("inside/door"), kAll},
                              {Path("inside/door/b"), kAll},
                              {Path("inside/open"), Access::kRead}});
  ASSERT_TRUE(ruleset.valid());
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("outside/b"), O_RDONLY); }), EACCES);
  EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("inside/open/a"), O_RDONLY); }), 0);
}

TEST_F(LandlockRulesetTest, SignalToAProcessOutsideIsRefused) {
  if (Lacks(6)) GTEST_SKIP() << "needs Landlock ABI 6";
  UniqueFd ruleset = Ruleset({{"/", kAll}});
  pid_t outside = getpid();
  auto signal_outside = [&] { return ErrnoOf(kill(outside, 0)); };
  EXPECT_EQ(InChild(signal_outside), 0);
  EXPECT_EQ(Confined(ruleset.get(), signal_outside), EPERM);
}

TEST_F(LandlockRulesetTest, SignalWithinTheDomainWorks) {
  UniqueFd ruleset = Ruleset({{"/", kAll}});
  EXPECT_EQ(Confined(ruleset.get(),
                     [] {
                       pid_t child = fork();
                       if (child == 0) {
                         alarm(kChildSeconds);
                         pause();
                         _exit(1);
                       }
                       int error = ErrnoOf(kill(child, SIGKILL));
                       waitpid(child, nullptr, 0);
                       return error;
                     }),
            0);
}

// An abstract listener of this process that goes away with it.
UniqueFd ListenAbstract(const std::string& name, sockaddr_un& address, socklen_t& length) {
  address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path + 1, name.data(), name.size());
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(listen(listener.get(), 4), 0);
  return listener;
}

TEST_F(LandlockRulesetTest, AbstractSocketOutsideIsRefused) {
  if (Lacks(6)) GTEST_SKIP() << "needs Landlock ABI 6";
  sockaddr_un address;
  socklen_t length = 0;
  UniqueFd listener = ListenAbstract(root_, address, length);
  UniqueFd ruleset = Ruleset({{"/", kAll}});
  auto connect_out = [&] {
    UniqueFd client(socket(AF_UNIX, SOCK_STREAM, 0));
    return ErrnoOf(connect(client.get(), reinterpret_cast<sockaddr*>(&address), length));
  };
  EXPECT_EQ(InChild(connect_out), 0);
  EXPECT_EQ(Confined(ruleset.get(), connect_out), EPERM);
}

TEST_F(LandlockRulesetTest, TcpConnectAndBindAreRefused) {
  if (Lacks(4)) GTEST_SKIP() << "needs Landlock ABI 4";
  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(listener.get(), 4), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  UniqueFd ruleset = Ruleset({{"/", kAll}});
  auto connect_to = [&] {
    UniqueFd client(socket(AF_INET, SOCK_STREAM, 0));
    return ErrnoOf(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  };
  auto bind_any = [&] {
    sockaddr_in any = address;
    any.sin_port = 0;
    UniqueFd server(socket(AF_INET, SOCK_STREAM, 0));
    return ErrnoOf(bind(server.get(), reinterpret_cast<sockaddr*>(&any), sizeof any));
  };
  EXPECT_EQ(InChild(connect_to), 0);
  EXPECT_EQ(InChild(bind_any), 0);
  EXPECT_EQ(Confined(ruleset.get(), connect_to), EACCES);
  EXPECT_EQ(Confined(ruleset.get(), bind_any), EACCES);
}

// Opens a new pseudo-terminal inside the domain and sets its modes and size, as shells do.
int UseNewTerminal() {
  UniqueFd leader(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!leader.valid()) return errno;
  int unlock = 0;
  if (ioctl(leader.get(), TIOCSPTLCK, &unlock) != 0) return errno;
  winsize size{24, 80, 0, 0};
  if (ioctl(leader.get(), TIOCSWINSZ, &size) != 0) return errno;
  termios modes{};
  if (tcgetattr(leader.get(), &modes) != 0) return errno;
  return ErrnoOf(tcsetattr(leader.get(), TCSANOW, &modes));
}

TEST_F(LandlockRulesetTest, TerminalUnderDevTakesIoctls) {
  int bare = InChild(UseNewTerminal);
  if (bare != 0) GTEST_SKIP() << "no pseudo-terminal here: " << strerror(bare);
  UniqueFd dev = Ruleset({{"/dev", Access::kRead | Access::kWrite}});
  EXPECT_EQ(Confined(dev.get(), UseNewTerminal), 0);
  UniqueFd whole = Ruleset({{"/", kAll}});
  EXPECT_EQ(Confined(whole.get(), UseNewTerminal), 0);
}

TEST_F(LandlockRulesetTest, OlderAbiHandlesLessButStillRefusesReads) {
  for (int abi = 1; abi <= abi_ && abi <= landlock::kNewestKnownAbi; ++abi) {
    UniqueFd ruleset = Ruleset({{Path("inside"), kAll}}, abi);
    EXPECT_EQ(Confined(ruleset.get(), [&] { return TryOpen(Path("outside/b"), O_RDONLY); }), EACCES)
        << "abi " << abi;
  }
}

TEST_F(LandlockRulesetTest, EmptyPlanGrantsNothing) {
  UniqueFd ruleset = Ruleset({});
  EXPECT_EQ(Confined(ruleset.get(), [] { return TryOpen("/", O_DIRECTORY); }), EACCES);
}

TEST_F(LandlockRulesetTest, RulesetIsCloseOnExec) {
  UniqueFd ruleset = Ruleset({});
  EXPECT_TRUE(fcntl(ruleset.get(), F_GETFD) & FD_CLOEXEC);
}

TEST_F(LandlockRulesetTest, WithoutLandlockNoRulesetIsMade) {
  EXPECT_EQ(BuildLandlockRuleset(FloorPlan(), 0).status().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(LandlockRulesetTest, RestrictSelfReportsABadDescriptor) {
  EXPECT_EQ(InChild([] {
              prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
              return RestrictSelf(-1);
            }),
            EBADF);
}

}  // namespace
}  // namespace safe_trace
