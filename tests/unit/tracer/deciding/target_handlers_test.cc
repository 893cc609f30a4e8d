#include "tracer/deciding/target_handlers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "tests/unit/tracer/deciding/deciding_fixture.h"

namespace safe_trace {
namespace {

class TargetHandlersTest : public DecidingTest {
 protected:
  SyscallAction Handle(int number, std::array<uint64_t, 6> arguments, bool scoped = false) {
    return TargetHandlers(*tree_, reporter_, scoped).Handle(Call(number, arguments), *process_);
  }
  static bool IsLeft(const SyscallAction& action) {
    return IsContinue(action, ContinueReason::kRegistersOnly);
  }
  const pid_t outside_ = getppid();
};

TEST_F(TargetHandlersTest, ProcessesOfTheRunMayBeSignalled) {
  for (int number : {SYS_kill, SYS_tkill, SYS_rt_sigqueueinfo}) {
    EXPECT_TRUE(IsLeft(Handle(number, {Int(getpid()), SIGTERM})));
  }
  EXPECT_TRUE(IsLeft(Handle(SYS_tgkill, {Int(getpid()), Int(getpid()), SIGTERM})));
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(TargetHandlersTest, ProcessOutsideIsNotSignalledAndTheAttemptIsReported) {
  EXPECT_EQ(ErrorOf(Handle(SYS_kill, {Int(outside_), SIGTERM})), EPERM);
  ASSERT_EQ(ReportedRule(), "process.signal");
  EXPECT_TRUE(reporter_.decisions[0].decision.is_violation);
  EXPECT_EQ(ErrorOf(Handle(SYS_tgkill, {Int(outside_), Int(outside_), SIGTERM})), EPERM);
  EXPECT_EQ(reporter_.decisions.size(), 2U);
}

TEST_F(TargetHandlersTest, AskingWhetherSomebodyLivesIsNoViolation) {
  EXPECT_EQ(ErrorOf(Handle(SYS_kill, {Int(outside_), 0})), EPERM);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_FALSE(reporter_.decisions[0].decision.is_violation);
}

TEST_F(TargetHandlersTest, GroupsAreLeftToTheKernelOnlyWhereItScopesSignals) {
  for (pid_t group : {0, -1, -outside_}) {
    EXPECT_TRUE(
        IsContinue(Handle(SYS_kill, {Int(group), SIGTERM}, true), ContinueReason::kFloorEnforced));
    EXPECT_EQ(ErrorOf(Handle(SYS_kill, {Int(group), SIGTERM}, false)), EPERM);
  }
}

TEST_F(TargetHandlersTest, ProcessThatIsGoneIsGone) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(ErrorOf(Handle(SYS_kill, {Int(child), SIGTERM})), ESRCH);
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(TargetHandlersTest, DescriptorOfAProcessMeansThatProcess) {
  UniqueFd own(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  ASSERT_TRUE(own.valid());
  EXPECT_TRUE(IsLeft(Handle(SYS_pidfd_send_signal, {Int(own.get()), SIGTERM})));
  UniqueFd other(static_cast<int>(syscall(SYS_pidfd_open, outside_, 0)));
  if (other.valid()) {
    EXPECT_EQ(ErrorOf(Handle(SYS_pidfd_send_signal, {Int(other.get()), SIGTERM})), EPERM);
  }
  UniqueFd none(open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(ErrorOf(Handle(SYS_pidfd_send_signal, {Int(none.get()), SIGTERM})), EPERM);
}

TEST_F(TargetHandlersTest, PrioritiesAndLimitsOfOthersAreRefused) {
  EXPECT_TRUE(IsLeft(Handle(SYS_setpriority, {PRIO_PROCESS, Int(getpid()), 5})));
  EXPECT_EQ(ErrorOf(Handle(SYS_setpriority, {PRIO_PROCESS, Int(outside_), 5})), EPERM);
  EXPECT_EQ(ErrorOf(Handle(SYS_setpriority, {PRIO_USER, Int(getpid()), 5})), EPERM);
  EXPECT_TRUE(IsLeft(Handle(SYS_ioprio_set, {1, Int(getpid()), 0})));
  EXPECT_EQ(ErrorOf(Handle(SYS_ioprio_set, {2, Int(getpid()), 0})), EPERM);
  for (int number : {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler,
                     SYS_sched_setparam, SYS_sched_setattr}) {
    EXPECT_TRUE(IsLeft(Handle(number, {Int(getpid())})));
    EXPECT_EQ(ErrorOf(Handle(number, {Int(outside_)})), EPERM);
  }
}

// The test's own process is the manager; a package's process is its child.
class NestedTargetTest : public TargetHandlersTest {
 protected:
  static constexpr pid_t kPackage = 0x3ffffff0;  // beyond any real number
  NestedTargetTest() {
    Confine({.role = Role::kManager, .ecosystem = "pip"}, {});
    manager_ = process_;
    Process& child = tree_->AddChild(getpid(), kPackage);
    auto domain = std::make_shared<Domain>();
    domain->subject = {.role = Role::kPackage, .ecosystem = "pip", .package = "evil"};
    domain->outer = manager_->domain;
    child.domain = std::move(domain);
    package_ = &child;
  }
  Process* manager_ = nullptr;
  Process* package_ = nullptr;
};

TEST_F(NestedTargetTest, PackageDoesNotLimitItsManager) {
  process_ = package_;
  const rlimit none{0, 0};
  for (int number : {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler,
                     SYS_sched_setparam, SYS_sched_setattr}) {
    EXPECT_EQ(ErrorOf(Handle(number, {Int(getpid()), RLIMIT_FSIZE, Address(&none)})), EPERM);
    EXPECT_TRUE(IsLeft(Handle(number, {Int(kPackage), RLIMIT_FSIZE, Address(&none)})));
  }
  EXPECT_EQ(ErrorOf(Handle(SYS_setpriority, {PRIO_PROCESS, Int(getpid()), 5})), EPERM);
  EXPECT_EQ(ErrorOf(Handle(SYS_ioprio_set, {1, Int(getpid()), 0})), EPERM);
  EXPECT_EQ(reporter_.decisions.size(), 7U);
  for (const auto& reported : reporter_.decisions) {
    EXPECT_EQ(reported.decision.rule->id, "process.limits");
    EXPECT_TRUE(reported.decision.is_violation);
  }
}

TEST_F(NestedTargetTest, PackageMayReadItsManagersLimits) {
  process_ = package_;
  EXPECT_TRUE(IsLeft(Handle(SYS_prlimit64, {Int(getpid()), RLIMIT_FSIZE, 0})));
  EXPECT_EQ(ErrorOf(Handle(SYS_prlimit64, {Int(outside_), RLIMIT_FSIZE, 0})), EPERM);
}

TEST_F(NestedTargetTest, PackageDoesNotSignalItsManagerWhereLandlockDoesNotScope) {
  process_ = package_;
  EXPECT_EQ(ErrorOf(Handle(SYS_kill, {Int(getpid()), SIGTERM})), EPERM);
}

TEST_F(NestedTargetTest, ManagerReachesWhatIsNestedInIt) {
  EXPECT_TRUE(IsLeft(Handle(SYS_prlimit64, {Int(kPackage), RLIMIT_FSIZE, 1})));
  EXPECT_TRUE(IsLeft(Handle(SYS_kill, {Int(kPackage), SIGTERM})));
}

// It is laid in no floor of its own.
TEST_F(NestedTargetTest, ManagerThatACommandStartedReachesTheCommand) {
  Confine({.role = Role::kCommand}, {});
  Process& started = tree_->AddChild(getpid(), kPackage);
  auto domain = std::make_shared<Domain>();
  domain->subject = {.role = Role::kManager, .ecosystem = "pip"};
  domain->outer = process_->domain;
  started.domain = std::move(domain);
  process_ = &started;
  EXPECT_TRUE(IsLeft(Handle(SYS_kill, {Int(getpid()), SIGTERM})));
}

TEST_F(TargetHandlersTest, UnknownSharedMemoryGivesTheKernelsError) {
  EXPECT_NE(ErrorOf(Handle(SYS_shmat, {Int(-1)})), 0);
}

}  // namespace
}  // namespace safe_trace
