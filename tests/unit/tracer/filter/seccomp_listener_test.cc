#include "tracer/filter/seccomp_listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "tests/unit/tracer/filtered_child.h"

namespace safe_trace {
namespace {

// Asks about a call that the C library never makes by itself.
constexpr int kAsked = SYS_getpgid;

SeccompProgram AskAboutOne() {
  return {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kAsked, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
}

long Ask() { return syscall(kAsked, 0, 0x1122334455667788, 3, 4, 5, 6); }

// Receives the one call of the child.
SyscallInvocation MustReceive(FilteredChild& child) {
  EXPECT_TRUE(child.Wait());
  absl::StatusOr<SyscallInvocation> call = child.listener().Receive();
  EXPECT_TRUE(call.ok()) << call.status();
  return call.value_or(SyscallInvocation());
}

TEST(SeccompListenerTest, CallIsReceivedWithItsTaskAndArguments) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == 0 ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  const SyscallInvocation call = MustReceive(child);
  EXPECT_EQ(call.tid, child.pid());
  EXPECT_EQ(call.number, kAsked);
  EXPECT_EQ(call.arguments[1], 0x1122334455667788U);
  EXPECT_EQ(call.arguments[5], 6U);
  EXPECT_NE(call.instruction_pointer, 0U);
  EXPECT_TRUE(child.listener().RespondValue(call.notification_id, 0).ok());
  EXPECT_EQ(child.Status(), 0);
}

TEST(SeccompListenerTest, ErrorIsWhatTheCallGives) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == -1 && errno == EXDEV ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(child.listener().RespondError(MustReceive(child).notification_id, EXDEV).ok());
  EXPECT_EQ(child.Status(), 0);
}

TEST(SeccompListenerTest, ValueIsWhatTheCallReturns) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == 123456789 ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(child.listener().RespondValue(MustReceive(child).notification_id, 123456789).ok());
  EXPECT_EQ(child.Status(), 0);
}

TEST(SeccompListenerTest, ContinuedCallIsRunByTheKernel) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == getpgrp() ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  EXPECT_TRUE(child.listener().RespondContinue(MustReceive(child).notification_id).ok());
  EXPECT_EQ(child.Status(), 0);
}

TEST(SeccompListenerTest, DescriptorOfTheSupervisorBecomesTheResult) {
  for (bool close_on_exec : {true, false}) {
    UniqueFd given(memfd_create("given", 0));
    ASSERT_EQ(write(given.get(), "hello", 5), 5);
    FilteredChild child(AskAboutOne(), [&] {
      const int fd = static_cast<int>(Ask());
      char text[5] = {};
      if (fd < 0 || fd == given.get() || pread(fd, text, 5, 0) != 5) return 1;
      const bool flag = (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
      return flag == close_on_exec && text[4] == 'o' ? 0 : 2;
    });
    ASSERT_TRUE(child.ok());
    EXPECT_TRUE(child.listener()
                    .RespondWithFd(MustReceive(child).notification_id, given.get(), close_on_exec)
                    .ok());
    EXPECT_EQ(child.Status(), 0);
  }
}

TEST(SeccompListenerTest, DescriptorThatIsNoneIsAnErrorAndTheCallStaysOpen) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == 7 ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  const uint64_t id = MustReceive(child).notification_id;
  EXPECT_FALSE(child.listener().RespondWithFd(id, 9999, true).ok());
  EXPECT_TRUE(child.listener().RespondValue(id, 7).ok());
  EXPECT_EQ(child.Status(), 0);
}

TEST(SeccompListenerTest, SecondAnswerIsNotFound) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == 1 ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  const uint64_t id = MustReceive(child).notification_id;
  EXPECT_TRUE(child.listener().RespondValue(id, 1).ok());
  EXPECT_TRUE(absl::IsNotFound(child.listener().RespondValue(id, 2)));
  EXPECT_EQ(child.Status(), 0);
}

TEST(SeccompListenerTest, NotificationIsValidUntilItsTaskIsKilled) {
  FilteredChild child(AskAboutOne(), [] { return Ask() == 0 ? 0 : 1; });
  ASSERT_TRUE(child.ok());
  const uint64_t id = MustReceive(child).notification_id;
  EXPECT_TRUE(child.listener().IsValid(id));
  EXPECT_FALSE(child.listener().IsValid(id + 1));
  ASSERT_EQ(kill(child.pid(), SIGKILL), 0);
  EXPECT_EQ(child.Status(), -1);
  EXPECT_FALSE(child.listener().IsValid(id));
  EXPECT_TRUE(absl::IsNotFound(child.listener().RespondValue(id, 0)));
  EXPECT_TRUE(absl::IsNotFound(child.listener().RespondError(id, EPERM)));
  EXPECT_TRUE(absl::IsNotFound(child.listener().RespondContinue(id)));
  EXPECT_TRUE(absl::IsNotFound(child.listener().RespondWithFd(id, 0, true)));
}

TEST(SeccompListenerTest, ListenerHangsUpWhenTheLastTaskIsGone) {
  FilteredChild child(AskAboutOne(), [] { return 0; });
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child.Status(), 0);
  pollfd ready{child.listener().fd(), POLLIN, 0};
  EXPECT_EQ(poll(&ready, 1, kFilteredChildMilliseconds), 1);
  EXPECT_NE(ready.revents & POLLHUP, 0);
}

TEST(SeccompListenerTest, DescriptorThatIsNoListenerReceivesNothing) {
  auto listener = KernelListener::Create(UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)));
  ASSERT_TRUE(listener.ok());
  EXPECT_FALSE((*listener)->Receive().ok());
  EXPECT_FALSE((*listener)->RespondValue(1, 0).ok());
  EXPECT_FALSE((*listener)->IsValid(1));
}

}  // namespace
}  // namespace safe_trace
