// The filter is installed in a child; the test answers what is asked.
#include "tracer/filter/seccomp_filter.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/btrfs.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "tests/unit/tracer/filtered_child.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kRefusal = EXDEV;  // no call below gives it by itself

SeccompProgram MustBuild(const FilterOptions& options) {
  absl::StatusOr<SeccompProgram> program = BuildSeccompFilter(options);
  EXPECT_TRUE(program.ok()) << program.status();
  return program.value_or(SeccompProgram());
}

// What the child's act came to, and which calls it was asked about.
struct Outcome {
  int status = -1;
  std::vector<int> asked;
};

Outcome UnderFilter(const std::function<int()>& act, const FilterOptions& options = {true, true}) {
  Outcome outcome;
  FilteredChild child(MustBuild(options), act);
  outcome.status = child.Run([&](const SyscallInvocation& call) {
    outcome.asked.push_back(call.number);
    (void)child.listener().RespondError(call.notification_id, kRefusal);
  });
  return outcome;
}

int ErrnoOf(long result) { return result >= 0 ? 0 : errno; }

// The 32-bit entry: getpid is 20 there.
long InterruptEighty(long number) {
  long result = number;
  asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return result;
}

bool HasInterruptEighty() {
  const pid_t child = fork();
  if (child == 0) _exit(InterruptEighty(20) == getpid() ? 0 : 1);
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0;
}

TEST(SeccompFilterTest, EveryCombinationOfOptionsBuilds) {
  size_t least = 0;
  for (bool tracing : {true, false}) {
    for (bool signals : {true, false}) {
      const SeccompProgram program = MustBuild({signals, tracing});
      EXPECT_GT(program.size(), 100U);
      EXPECT_LE(program.size(), static_cast<size_t>(BPF_MAXINSNS));
      if (least == 0) least = program.size();
      EXPECT_GE(program.size(), least);  // less scoping by Landlock, more asked
    }
  }
}

TEST(SeccompFilterTest, ProgramIsTheSameEveryTime) {
  const SeccompProgram a = MustBuild({});
  const SeccompProgram b = MustBuild({});
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(memcmp(a.data(), b.data(), a.size() * sizeof(sock_filter)), 0);
}

TEST(SeccompFilterTest, ThirtyTwoBitEntryHasNoCalls) {
  if (!HasInterruptEighty()) GTEST_SKIP() << "this kernel has no 32-bit entry";
  const Outcome outcome = UnderFilter([] { return static_cast<int>(-InterruptEighty(20)); });
  EXPECT_EQ(outcome.status, ENOSYS);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, X32NumbersAreNoCalls) {
  constexpr long kX32 = 0x40000000;
  const Outcome outcome = UnderFilter([] {
    for (long number : {SYS_getpid, SYS_openat, SYS_connect, SYS_ptrace, 512, 520}) {
      if (ErrnoOf(syscall(kX32 | number, 0, 0, 0, 0)) != ENOSYS) return static_cast<int>(number);
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, CallsThatWouldNotBeSeenAreAbsentWithoutAsking) {
  const Outcome outcome = UnderFilter([] {
    for (long number :
         {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_clone3}) {
      if (ErrnoOf(syscall(number, 0, 0, 0, 0, 0, 0)) != ENOSYS)
        return static_cast<int>(number & 255);
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, BecomingUndumpableSeemsToSucceedAndDoesNotHappen) {
  const Outcome outcome = UnderFilter([] {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
    // Garbage in the upper half of the register is not looked at by the kernel either.
    if (syscall(SYS_prctl, (7UL << 32) | PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return 2;
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? 0 : 3;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, SendWithoutAnAddressPassesUnasked) {
  const Outcome outcome = UnderFilter([] {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 1;
    if (send(ends[0], "x", 1, MSG_NOSIGNAL) != 1) return 2;
    char byte = 0;
    return recv(ends[1], &byte, 1, 0) == 1 && byte == 'x' ? 0 : 3;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, SendsThatCanNameOrConnectAreAsked) {
  const Outcome outcome = UnderFilter([] {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 1;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    msghdr message{};
    if (ErrnoOf(sendto(ends[0], "x", 1, 0, reinterpret_cast<sockaddr*>(&address),
                       sizeof(address))) != kRefusal) {
      return 2;
    }
    if (ErrnoOf(send(ends[0], "x", 1, MSG_FASTOPEN)) != kRefusal) return 3;
    if (ErrnoOf(sendmsg(ends[0], &message, 0)) != kRefusal) return 4;
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, ElementsAre(SYS_sendto, SYS_sendto, SYS_sendmsg));
}

TEST(SeccompFilterTest, OrdinarySocketsAreMadeUnasked) {
  const Outcome outcome = UnderFilter([] {
    constexpr int kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    if (ErrnoOf(socket(AF_UNIX, SOCK_STREAM | kFlags, 0)) == kRefusal) return 1;
    if (ErrnoOf(socket(AF_UNIX, SOCK_SEQPACKET, 0)) == kRefusal) return 2;
    if (ErrnoOf(socket(AF_INET, SOCK_STREAM | kFlags, IPPROTO_TCP)) == kRefusal) return 3;
    if (ErrnoOf(socket(AF_INET6, SOCK_DGRAM | kFlags, IPPROTO_UDP)) == kRefusal) return 4;
    if (ErrnoOf(socket(AF_NETLINK, SOCK_RAW, 0)) == kRefusal) return 5;
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, OtherSocketsAreAsked) {
  constexpr int kMptcp = 262;
  const Outcome outcome = UnderFilter([] {
    struct {
      int family, type, protocol;
    } const sockets[] = {
        {AF_PACKET, SOCK_RAW, 0},
        {AF_ALG, SOCK_SEQPACKET, 0},
        {AF_VSOCK, SOCK_STREAM, 0},
        {63, SOCK_STREAM, 0},
        {64, SOCK_STREAM, 0},
        {-1, SOCK_STREAM, 0},
        {AF_INET, SOCK_RAW, 1},
        {AF_INET6, SOCK_RAW | SOCK_CLOEXEC, 58},
        {AF_INET, SOCK_STREAM, kMptcp},
        {AF_INET, SOCK_STREAM, IPPROTO_SCTP},
        {AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
        {AF_NETLINK, SOCK_RAW, 9},
    };
    int index = 1;
    for (const auto& s : sockets) {
      if (ErrnoOf(socket(s.family, s.type, s.protocol)) != kRefusal) return index;
      ++index;
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.asked, std::vector<int>(12, SYS_socket));
}

TEST(SeccompFilterTest, GarbageInTheUpperHalfHidesNoSocketFamily) {
  const Outcome outcome = UnderFilter([] {
    return ErrnoOf(syscall(SYS_socket, (1UL << 40) | AF_PACKET, SOCK_RAW, 0)) == kRefusal ? 0 : 1;
  });
  EXPECT_EQ(outcome.status, 0);
}

TEST(SeccompFilterTest, NamespacesAndUntracedTasksAreAsked) {
  const Outcome outcome = UnderFilter([] {
    if (ErrnoOf(syscall(SYS_unshare, CLONE_NEWUSER)) != kRefusal) return 1;
    if (ErrnoOf(syscall(SYS_unshare, CLONE_NEWNS | CLONE_FS)) != kRefusal) return 2;
    if (ErrnoOf(syscall(SYS_unshare, CLONE_FS)) != 0) return 3;
    if (ErrnoOf(syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0)) != kRefusal) return 4;
    if (ErrnoOf(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0)) != kRefusal) return 5;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    return child > 0 ? 0 : 6;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, ElementsAre(SYS_unshare, SYS_unshare, SYS_clone, SYS_clone));
}

TEST(SeccompFilterTest, SecondListenerIsAsked) {
  const Outcome outcome = UnderFilter([] {
    constexpr int kSetModeFilter = 1;
    constexpr int kNewListener = 1 << 3;
    return ErrnoOf(syscall(SYS_seccomp, kSetModeFilter, kNewListener, nullptr)) == kRefusal ? 0 : 1;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, ElementsAre(SYS_seccomp));
}

TEST(SeccompFilterTest, SignalsAreAskedAboutAsFarAsLandlockDoesNotScopeThem) {
  const auto signals = [] {
    (void)syscall(SYS_kill, getpid(), 0);
    (void)syscall(SYS_tgkill, getpid(), gettid(), 0);
    (void)syscall(SYS_tkill, gettid(), 0);
    return 0;
  };
  EXPECT_THAT(UnderFilter(signals, {true, true}).asked, ElementsAre(SYS_kill));
  EXPECT_THAT(UnderFilter(signals, {false, true}).asked,
              ElementsAre(SYS_kill, SYS_tgkill, SYS_tkill));
}

TEST(SeccompFilterTest, ReadingOtherProcessesIsAskedAboutWhereLandlockDoesNotKeepThemApart) {
  const auto reads = [] {
    (void)syscall(SYS_process_vm_readv, getpid(), nullptr, 0, nullptr, 0, 0);
    return 0;
  };
  EXPECT_THAT(UnderFilter(reads, {true, true}).asked, IsEmpty());
  EXPECT_THAT(UnderFilter(reads, {true, false}).asked, ElementsAre(SYS_process_vm_readv));
}

TEST(SeccompFilterTest, TargetsAreAskedAboutOnlyWhenTheyAreNamed) {
  const Outcome outcome = UnderFilter([] {
    (void)syscall(SYS_prlimit64, 0, 7, nullptr, nullptr);
    (void)syscall(SYS_prlimit64, getpid(), 7, nullptr, nullptr);
    (void)syscall(SYS_setpriority, 0, 0, 0);
    (void)syscall(SYS_setpriority, 0, getpid(), 0);
    return 0;
  });
  EXPECT_THAT(outcome.asked, ElementsAre(SYS_prlimit64, SYS_setpriority));
}

TEST(SeccompFilterTest, RequestsThatChangeFilesWithoutWritingAreAsked) {
  static constexpr unsigned long kAsked[] = {FS_IOC_SETFLAGS,
                                             FS_IOC32_SETFLAGS,
                                             FS_IOC_SETVERSION,
                                             FS_IOC_FSSETXATTR,
                                             FS_IOC_SETFLAGS | 1UL << 40,
                                             FS_IOC_FSSETXATTR | 0xffffffff00000000UL,
                                             FS_IOC_ENABLE_VERITY,
                                             FS_IOC_SET_ENCRYPTION_POLICY,
                                             FS_IOC_ADD_ENCRYPTION_KEY,
                                             BTRFS_IOC_SUBVOL_CREATE,
                                             BTRFS_IOC_SUBVOL_CREATE_V2,
                                             BTRFS_IOC_SNAP_CREATE,
                                             BTRFS_IOC_SNAP_CREATE_V2,
                                             BTRFS_IOC_SNAP_DESTROY,
                                             BTRFS_IOC_SNAP_DESTROY_V2,
                                             BTRFS_IOC_SUBVOL_SETFLAGS,
                                             _IOWR('f', 15, char[40]),
                                             _IO('f', 17),
                                             _IOWR('X', 109, char[192]),
                                             FITRIM,
                                             TIOCGPTPEER};
  UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Outcome outcome = UnderFilter([file = null.get()] {
    int index = 1;
    for (unsigned long request : kAsked) {
      if (ErrnoOf(syscall(SYS_ioctl, file, request, 0)) != kRefusal) return index;
      ++index;
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.asked, std::vector<int>(std::size(kAsked), SYS_ioctl));
}

TEST(SeccompFilterTest, RequestsThatReadOrNeedWritingPassUnasked) {
  UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Outcome outcome = UnderFilter([file = null.get()] {
    int index = 1;
    for (unsigned long request :
         {FS_IOC_GETFLAGS, FS_IOC_GETVERSION, FS_IOC_FSGETXATTR, FS_IOC_FIEMAP, FS_IOC_GETFSLABEL,
          FICLONE, FICLONERANGE, FIDEDUPERANGE, BTRFS_IOC_FS_INFO, BTRFS_IOC_INO_LOOKUP,
          static_cast<unsigned long>(TCGETS), static_cast<unsigned long>(FIONREAD),
          static_cast<unsigned long>(FIOCLEX), static_cast<unsigned long>(TIOCGPTN),
          static_cast<unsigned long>(TIOCSCTTY)}) {
      if (ErrnoOf(syscall(SYS_ioctl, file, request, 0)) == kRefusal) return index;
      ++index;
    }
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.asked, IsEmpty());
}

TEST(SeccompFilterTest, JoiningAGroupIsAskedAndOtherOptionsAreNot) {
  const Outcome outcome = UnderFilter([] {
    const int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    int index = 1;
    for (const auto& [level, option] :
         {std::pair(IPPROTO_IP, IP_ADD_MEMBERSHIP), std::pair(IPPROTO_IP, MCAST_JOIN_GROUP),
          std::pair(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP), std::pair(IPPROTO_IPV6, IPV6_JOIN_GROUP),
          std::pair(IPPROTO_IPV6, MCAST_JOIN_GROUP)}) {
      if (ErrnoOf(setsockopt(udp, level, option, &one, sizeof(one))) != kRefusal) return index;
      ++index;
    }
    if (ErrnoOf(setsockopt(udp, IPPROTO_IP, IP_TTL, &one, sizeof(one))) != 0) return 20;
    if (ErrnoOf(setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))) != 0) return 21;
    return ErrnoOf(setsockopt(udp, IPPROTO_IP, IP_MULTICAST_LOOP, &one, sizeof(one))) != 0 ? 22 : 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.asked, std::vector<int>(5, SYS_setsockopt));
}

TEST(SeccompFilterTest, FilterWithoutNoNewPrivilegesIsNotInstalledForUsers) {
  if (geteuid() == 0) GTEST_SKIP() << "root needs no such promise";
  const SeccompProgram program = MustBuild({});
  const pid_t child = fork();
  if (child == 0) _exit(InstallSeccompFilter(program) == -EACCES ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  // A parent that promised already has children that did.
  EXPECT_TRUE(status == 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

}  // namespace
}  // namespace safe_trace
