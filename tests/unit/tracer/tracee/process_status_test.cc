#include "tracer/tracee/process_status.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace safe_trace {
namespace {

uint64_t Bit(int signal) { return uint64_t{1} << (signal - 1); }

ProcessStatus MustRead(pid_t tid) {
  absl::StatusOr<ProcessStatus> status = ReadProcessStatus(tid);
  EXPECT_TRUE(status.ok()) << status.status();
  return status.value_or(ProcessStatus());
}

TEST(ProcessStatusTest, OwnIdentityIsRead) {
  const ProcessStatus status = MustRead(gettid());
  EXPECT_EQ(status.tgid, getpid());
  EXPECT_EQ(status.parent, getppid());
  EXPECT_EQ(status.fsuid, geteuid());
  EXPECT_EQ(status.fsgid, getegid());
  std::vector<gid_t> groups(static_cast<size_t>(getgroups(0, nullptr)));
  getgroups(static_cast<int>(groups.size()), groups.data());
  std::sort(groups.begin(), groups.end());
  std::vector<gid_t> read = status.groups;
  std::sort(read.begin(), read.end());
  EXPECT_EQ(read, groups);
}

TEST(ProcessStatusTest, UmaskIsRead) {
  const mode_t before = umask(0137);
  EXPECT_EQ(MustRead(gettid()).umask, 0137U);
  umask(before);
}

TEST(ProcessStatusTest, BlockedAndPendingSignalsAreRead) {
  sigset_t set;
  sigset_t before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  raise(SIGUSR1);
  const ProcessStatus status = MustRead(gettid());
  int taken = 0;
  sigwait(&set, &taken);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_NE(status.blocked_signals & Bit(SIGUSR1), 0U);
  EXPECT_NE(status.pending_signals & Bit(SIGUSR1), 0U);
  EXPECT_FALSE(status.Interrupted());
  EXPECT_EQ(MustRead(gettid()).pending_signals & Bit(SIGUSR1), 0U);
}

TEST(ProcessStatusTest, OnlyASignalThatWouldBeDeliveredInterrupts) {
  ProcessStatus status;
  EXPECT_FALSE(status.Interrupted());
  status.pending_signals = Bit(SIGTERM) | Bit(SIGURG);
  EXPECT_TRUE(status.Interrupted());
  status.blocked_signals = Bit(SIGTERM);
  EXPECT_TRUE(status.Interrupted());
  status.ignored_signals = Bit(SIGURG);
  EXPECT_FALSE(status.Interrupted());
}

TEST(ProcessStatusTest, TaskThatIsGoneIsNotFound) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(absl::IsNotFound(ReadProcessStatus(child).status()));
}

TEST(ScopedIdentityTest, OwnIdentityNeedsNoChange) {
  EXPECT_TRUE(ScopedIdentity(MustRead(gettid())).ok());
}

TEST(ScopedIdentityTest, AnothersIdentityIsTakenOnByRootAndRefusedToOthers) {
  ProcessStatus other = MustRead(gettid());
  other.fsuid = 65534;
  other.fsgid = 65534;
  const std::vector<gid_t> groups = other.groups;
  other.groups = {65534};
  if (geteuid() == 65534) other.fsuid = 65533;
  {
    ScopedIdentity identity(other);
    EXPECT_EQ(identity.ok(), geteuid() == 0);
    const ProcessStatus now = MustRead(gettid());
    EXPECT_EQ(now.fsuid == other.fsuid, identity.ok());
  }
  const ProcessStatus after = MustRead(gettid());
  EXPECT_EQ(after.fsuid, geteuid());
  EXPECT_EQ(after.fsgid, getegid());
  EXPECT_EQ(after.groups, groups);
}

}  // namespace
}  // namespace safe_trace
