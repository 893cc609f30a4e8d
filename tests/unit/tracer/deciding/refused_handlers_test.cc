#include "tracer/deciding/refused_handlers.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>

#include "tests/unit/tracer/deciding/deciding_fixture.h"
#include "tracer/filter/syscall_table.h"

namespace safe_trace {
namespace {

class RefusedHandlersTest : public DecidingTest {
 protected:
  // The errno; what was reported is the last decision.
  int Handle(int number, std::array<uint64_t, 6> arguments = {}) {
    const size_t before = reporter_.decisions.size();
    const int error =
        ErrorOf(RefusedHandlers(reporter_).Handle(Call(number, arguments), *process_));
    EXPECT_EQ(reporter_.decisions.size(), before + 1);
    EXPECT_EQ(Last().error, error);
    return error;
  }
  const Decision& Last() const { return reporter_.decisions.back().decision; }
};

TEST_F(RefusedHandlersTest, TablesCallsGetTheTablesErrors) {
  int refused = 0;
  for (const SyscallEntry& entry : SyscallTable()) {
    if (entry.handling != Handling::kRefuseAloud) continue;
    ++refused;
    EXPECT_EQ(Handle(entry.number), entry.error) << entry.name;
    EXPECT_EQ(Last().is_violation, entry.forbidden) << entry.name;
    EXPECT_EQ(Last().rule->id, entry.forbidden ? "floor.forbidden" : "floor.unavailable");
    EXPECT_EQ(reporter_.decisions.back().doing, "call " + std::string(entry.name));
  }
  EXPECT_GT(refused, 30);
}

TEST_F(RefusedHandlersTest, SocketsThatReachAroundAreViolationsAndOthersAreUnavailable) {
  EXPECT_EQ(Handle(SYS_socket, {AF_PACKET, SOCK_RAW, 0}), EPERM);
  EXPECT_TRUE(Last().is_violation);
  EXPECT_EQ(Handle(SYS_socket, {AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1}), EPERM);
  EXPECT_TRUE(Last().is_violation);
  EXPECT_EQ(Handle(SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}), EAFNOSUPPORT);
  EXPECT_FALSE(Last().is_violation);
  EXPECT_EQ(Handle(SYS_socket, {AF_INET, SOCK_STREAM, 262}), EPROTONOSUPPORT);
  EXPECT_FALSE(Last().is_violation);
  EXPECT_EQ(Handle(SYS_socket, {AF_NETLINK, SOCK_RAW, 9}), EPROTONOSUPPORT);
}

TEST_F(RefusedHandlersTest, ConditionalCallsHaveErrorsThatProgramsExpect) {
  EXPECT_EQ(Handle(SYS_setsockopt, {3, IPPROTO_TCP, 30}), ENOPROTOOPT);
  EXPECT_EQ(Handle(SYS_setsockopt, {3, IPPROTO_IP, 4}), EPERM);
  EXPECT_EQ(Handle(SYS_seccomp, {1, 8}), EBUSY);
  for (int number :
       {SYS_ioctl, SYS_clone, SYS_unshare, SYS_process_vm_readv, SYS_process_vm_writev}) {
    EXPECT_EQ(Handle(number), EPERM);
    EXPECT_TRUE(Last().is_violation);
  }
}

TEST_F(RefusedHandlersTest, PackageCodeJoinsNoMulticastGroup) {
  Confine({.role = Role::kPackage, .ecosystem = "pip", .package = "evil"}, {});
  for (auto [level, option] :
       {std::pair(IPPROTO_IP, IP_ADD_MEMBERSHIP), std::pair(IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP),
        std::pair(IPPROTO_IPV6, IPV6_JOIN_GROUP)}) {
    EXPECT_EQ(Handle(SYS_setsockopt, {3, Int(level), Int(option)}), EPERM);
    EXPECT_TRUE(Last().is_violation);
    EXPECT_EQ(reporter_.decisions.back().doing, "join a multicast group");
  }
  EXPECT_EQ(Handle(SYS_setsockopt, {3, IPPROTO_IPV6, 57}), EPERM);
  EXPECT_EQ(reporter_.decisions.back().doing, "set a source route");
}

TEST_F(RefusedHandlersTest, ProgramsOfTheUserMayJoinAMulticastGroup) {
  const SyscallAction action = RefusedHandlers(reporter_).Handle(
      Call(SYS_setsockopt, {3, IPPROTO_IP, IP_ADD_MEMBERSHIP}), *process_);
  EXPECT_TRUE(IsContinue(action, ContinueReason::kRegistersOnly));
  Confine({.role = Role::kManager, .downloaded = true}, {});
  EXPECT_EQ(Handle(SYS_setsockopt, {3, IPPROTO_IP, IP_ADD_MEMBERSHIP}), EPERM);
}

TEST_F(RefusedHandlersTest, CallThatNobodyKnowsIsAbsent) {
  EXPECT_EQ(Handle(99999), ENOSYS);
  EXPECT_FALSE(Last().is_violation);
}

}  // namespace
}  // namespace safe_trace
