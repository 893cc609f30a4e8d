// Which terminals may be opened by name.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "tests/unit/tracer/deciding/deciding_fixture.h"
#include "tracer/deciding/open_handlers.h"

namespace safe_trace {
namespace {

// A terminal of another session, as far as the handlers can know.
struct Foreign {
  Foreign() {
    int master_fd = -1;
    int slave_fd = -1;
    char name[64] = {};
    EXPECT_EQ(openpty(&master_fd, &slave_fd, name, nullptr, nullptr), 0);
    master.Reset(master_fd);
    slave.Reset(slave_fd);
    path = name;
  }
  UniqueFd master, slave;
  std::string path;
};

class TerminalsTest : public DecidingTest {
 protected:
  TerminalsTest()
      : handlers_(*policy_, memory_, resolver_, floor_, *tree_, reporter_,
                  OpenHandlers::Options()) {}

  SyscallAction Open(const std::string& path, int flags = O_RDWR | O_NOCTTY) {
    return handlers_.Handle(Call(SYS_openat, {Int(AT_FDCWD), Address(path.c_str()), Int(flags), 0}),
                            *process_);
  }
  // A terminal that the run makes; its path in `path`.
  UniqueFd Make(std::string& path) {
    SyscallAction action = Open("/dev/ptmx");
    auto* injected = std::get_if<InjectFd>(&action);
    if (injected == nullptr) {
      ADD_FAILURE() << "no master: " << ErrorOf(action);
      return UniqueFd();
    }
    char name[64] = {};
    EXPECT_EQ(grantpt(injected->fd.get()), 0);
    EXPECT_EQ(unlockpt(injected->fd.get()), 0);
    EXPECT_EQ(ptsname_r(injected->fd.get(), name, sizeof(name)), 0);
    path = name;
    return std::move(injected->fd);
  }

  OpenHandlers handlers_;
};

TEST_F(TerminalsTest, TerminalOfAnotherSessionIsRefusedAndAViolation) {
  Foreign other;
  for (int flags : {O_RDWR | O_NOCTTY, O_RDONLY | O_NOCTTY, O_WRONLY | O_NOCTTY}) {
    EXPECT_EQ(ErrorOf(Open(other.path, flags)), EACCES);
    ASSERT_FALSE(reporter_.decisions.empty());
    EXPECT_EQ(reporter_.decisions.back().decision.rule->id, "device.terminal");
    EXPECT_TRUE(reporter_.decisions.back().decision.is_violation);
  }
}

TEST_F(TerminalsTest, TerminalThatTheRunMadeOpensByItsName) {
  std::string path;
  UniqueFd master = Make(path);
  SyscallAction action = Open(path);
  const InjectFd* slave = As<InjectFd>(action);
  ASSERT_NE(slave, nullptr) << ErrorOf(action);
  ASSERT_EQ(write(slave->fd.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(master.get(), &byte, 1), 1);
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(TerminalsTest, NotingATerminalDoesNotHangItUp) {
  std::string path;
  UniqueFd master = Make(path);
  ASSERT_EQ(fcntl(master.get(), F_SETFL, O_RDWR | O_NONBLOCK), 0);
  char byte = 0;
  EXPECT_EQ(read(master.get(), &byte, 1), -1);
  EXPECT_EQ(errno, EAGAIN);  // EIO where its other side had been opened and closed
}

// Another test's terminal may take the number first: then it is that one which is refused.
TEST_F(TerminalsTest, NumberThatIsUsedAgainByAnotherSessionIsRefused) {
  std::string path;
  Make(path).Reset();
  Foreign other;
  EXPECT_EQ(ErrorOf(Open(other.path)), EACCES);
  SyscallAction action = Open(path);
  EXPECT_EQ(As<InjectFd>(action), nullptr);
}

TEST_F(TerminalsTest, OtherSideOfAMasterIsOpenedOnBehalf) {
  std::string path;
  UniqueFd master = Make(path);
  SyscallAction action = handlers_.OpenPeer(
      Call(SYS_ioctl, {Int(master.get()), TIOCGPTPEER, Int(O_RDWR | O_NOCTTY | O_CLOEXEC)}),
      master.get());
  const InjectFd* peer = As<InjectFd>(action);
  ASSERT_NE(peer, nullptr) << ErrorOf(action);
  EXPECT_TRUE(SameObject(peer->fd.get(), path));
  EXPECT_TRUE(peer->close_on_exec);
  UniqueFd none(open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_EQ(
      ErrorOf(handlers_.OpenPeer(Call(SYS_ioctl, {Int(none.get()), TIOCGPTPEER, 0}), none.get())),
      ENOTTY);
}

TEST_F(TerminalsTest, DirectoryOfTerminalsCanBeListedByAll) {
  EXPECT_NE(As<InjectFd>(Open("/dev/pts", O_RDONLY | O_DIRECTORY)), nullptr);
  ConfinePackage();
  EXPECT_NE(As<InjectFd>(Open("/dev/pts", O_RDONLY | O_DIRECTORY)), nullptr);
}

TEST_F(TerminalsTest, RegistryIsBoundedAndForgetsWhatIsGone) {
  TerminalRegistry registry;
  std::vector<UniqueFd> masters;
  for (size_t i = 0; i < TerminalRegistry::kMaximum + 3; ++i) {
    masters.emplace_back(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!masters.back().valid()) GTEST_SKIP() << "not enough pseudo-terminals here";
    registry.NoteMaster(masters.back().get());
  }
  EXPECT_EQ(registry.size(), TerminalRegistry::kMaximum);
  masters.resize(1);
  registry.NoteMaster(masters[0].get());
  EXPECT_EQ(registry.size(), 2U);  // the same one twice: harmless
}

}  // namespace
}  // namespace safe_trace
