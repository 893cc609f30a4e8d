// End to end: a forked child is seized, execs a small program, and the surgery is driven by its
// stops as the supervisor's loop does it.
#include "tracer/tracee/exec_surgery.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "preload/shim_protocol.h"
#include "tests/unit/tracer/filtered_child.h"
#include "tests/unit/tracer/temporary_tree.h"
#include "tracer/floor/landlock_ruleset.h"
#include "tracer/tracee/ptrace_requests.h"

namespace safe_trace {
namespace {

using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;

constexpr int kOwnStatus = 37;  // the child's, when all went well

// Asks about the supervisor's own injected call alone.
SeccompProgram MarkedOpenOnly() {
  return {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(ST_SURGERY_DIRFD), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
}

std::vector<char*> Pointers(const Strings& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

class ExecSurgeryTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_.Reset(ends[0]);
    writer_.Reset(ends[1]);
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    gate_read_.Reset(ends[0]);
    gate_.Reset(ends[1]);
  }

  // The child waits at the gate until it is seized.
  void Start(const Strings& files = {}) {
    Strings command = {GetParam()};
    command.insert(command.end(), files.begin(), files.end());
    child_ = std::make_unique<FilteredChild>(MarkedOpenOnly(), [&, command] {
      std::vector<char*> argv = Pointers(command);
      std::vector<char*> envp = Pointers(environment_);
      char byte = 0;
      if (read(gate_read_.get(), &byte, 1) != 1) return 126;
      // The test's own standard output is not to change.
      if (unshare(CLONE_FILES) != 0 || dup2(writer_.get(), STDOUT_FILENO) < 0) return 125;
      execve(argv[0], argv.data(), envp.data());
      return 127;
    });
    ASSERT_TRUE(child_->ok());
    pid_ = child_->pid();
    absl::Status seized = Seize(pid_);
    ASSERT_TRUE(seized.ok()) << seized;
    ASSERT_EQ(write(gate_.get(), "x", 1), 1);
  }

  // The next stop within ten seconds; meanwhile the injected call is answered.
  std::optional<PtraceEvent> NextStop(const ExecSurgery* surgery) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
      int status = 0;
      if (waitpid(pid_, &status, __WALL | WNOHANG) == pid_) {
        last_status_ = status;
        return DecodeWaitStatus(pid_, status);
      }
      pollfd ready{child_->listener().fd(), POLLIN, 0};
      if (poll(&ready, 1, 1) == 1 && (ready.revents & POLLIN) != 0) Answer(surgery);
    }
    return std::nullopt;
  }

  void Answer(const ExecSurgery* surgery) {
    absl::StatusOr<SyscallInvocation> call = child_->listener().Receive();
    ASSERT_TRUE(call.ok()) << call.status();
    ++asked_;
    ASSERT_NE(surgery, nullptr);
    EXPECT_TRUE(surgery->WaitsForRuleset());
    ASSERT_TRUE(
        child_->listener().RespondWithFd(call->notification_id, surgery->ruleset(), true).ok());
  }

  // Runs up to the exec's stop.
  void ReachExec() {
    while (std::optional<PtraceEvent> event = NextStop(nullptr)) {
      if (event->kind == PtraceEventKind::kExec) return;
      ASSERT_NE(event->kind, PtraceEventKind::kExited) << event->value;
      ASSERT_TRUE(Resume(pid_, 0).ok());
    }
    FAIL() << "no exec";
  }

  void Operate(SurgeryPlan plan) {
    ExecSurgery surgery(memory_, pid_, std::move(plan));
    ASSERT_TRUE(surgery.Begin().ok());
    while (std::optional<PtraceEvent> event = NextStop(&surgery)) {
      ASSERT_NE(event->kind, PtraceEventKind::kExited) << event->value;
      ASSERT_NE(event->kind, PtraceEventKind::kKilled) << event->value;
      absl::StatusOr<ExecSurgery::Progress> progress = surgery.Advance(*event);
      ASSERT_TRUE(progress.ok()) << progress.status();
      if (*progress == ExecSurgery::Progress::kDone) return;
    }
    FAIL() << "the surgery came to no end";
  }

  // Lets the program run to its end; what it wrote.
  std::string Finish() {
    std::optional<PtraceEvent> event;
    while ((event = NextStop(nullptr)).has_value()) {
      if (event->kind == PtraceEventKind::kExited || event->kind == PtraceEventKind::kKilled) break;
      EXPECT_TRUE(Resume(pid_, event->kind == PtraceEventKind::kSignal ? event->value : 0).ok());
    }
    writer_.Reset();
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(output_.get(), buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }
  bool EndedAsItsOwn() const {
    return WIFEXITED(last_status_) && WEXITSTATUS(last_status_) == kOwnStatus;
  }

  Strings environment_ = {"PATH=/usr/bin", "SECRET=hunter2", "LC_ALL=C"};
  ProcessVmMemory memory_;
  UniqueFd output_, writer_, gate_read_, gate_;
  std::unique_ptr<FilteredChild> child_;
  pid_t pid_ = -1;
  int last_status_ = 0;
  int asked_ = 0;
};

TEST_P(ExecSurgeryTest, ProgramWithoutSurgeryIsTheMeasure) {
  Start();
  ReachExec();
  ASSERT_TRUE(Resume(pid_, 0).ok());
  const std::string told = Finish();
  EXPECT_THAT(told, HasSubstr("env:SECRET=hunter2\n"));
  EXPECT_THAT(told, HasSubstr("record:secret\n"));
  EXPECT_TRUE(EndedAsItsOwn());
}

TEST_P(ExecSurgeryTest, EnvironmentIsEditedAndTheAuxiliaryVectorIsIntact) {
  Start();
  ReachExec();
  SurgeryPlan plan;
  plan.environment = {{"SECRET"}, {"TMPDIR=/tmp/p1", "LONG=" + std::string(3000, 'x')}};
  Operate(std::move(plan));
  const std::string told = Finish();
  EXPECT_TRUE(EndedAsItsOwn()) << told;
  EXPECT_THAT(told, HasSubstr("env:PATH=/usr/bin\nenv:LC_ALL=C\nenv:TMPDIR=/tmp/p1\nenv:LONG=xxx"));
  EXPECT_THAT(told, Not(HasSubstr("SECRET")));
  EXPECT_THAT(told, HasSubstr("third:0.333\n"));
  EXPECT_THAT(told, HasSubstr("page:" + std::to_string(getpagesize()) + "\n"));
  EXPECT_THAT(told, HasSubstr("uid:right\n"));
  EXPECT_THAT(told, HasSubstr(std::string("execfn:") + GetParam() + "\n"));
  EXPECT_THAT(told, HasSubstr("random:yes\n"));
  EXPECT_THAT(told, HasSubstr("record:clean\n"));
  EXPECT_EQ(asked_, 0);
}

TEST_P(ExecSurgeryTest, EveryVariableCanBeRemoved) {
  Start();
  ReachExec();
  SurgeryPlan plan;
  plan.environment.removed_names = {"PATH", "SECRET", "LC_ALL"};
  Operate(std::move(plan));
  const std::string told = Finish();
  EXPECT_TRUE(EndedAsItsOwn()) << told;
  EXPECT_THAT(told, Not(HasSubstr("env:")));
  EXPECT_THAT(told, HasSubstr("uid:right\n"));
}

TEST_P(ExecSurgeryTest, RulesetConfinesTheProgramFromItsFirstInstruction) {
  if (LandlockAbi() == 0) GTEST_SKIP() << "this kernel offers no Landlock";
  TemporaryTree tree;
  const std::string open = tree.File("open/file");
  const std::string closed = tree.File("closed/file");
  Start({open, closed});
  ReachExec();
  std::vector<PathGrant> grants = {{tree.Path("open"), Access::kRead},
                                   {"/proc", Access::kRead},
                                   {GetParam(), Access::kRead | Access::kExecute}};
  for (const char* system : {"/usr", "/etc", "/lib", "/lib64"}) {
    grants.push_back({system, Access::kRead | Access::kExecute});
  }
  absl::StatusOr<UniqueFd> ruleset =
      BuildLandlockRuleset(FloorPlan(std::move(grants)), LandlockAbi());
  ASSERT_TRUE(ruleset.ok()) << ruleset.status();
  SurgeryPlan plan;
  plan.environment.removed_names = {"SECRET"};
  plan.ruleset = *std::move(ruleset);
  Operate(std::move(plan));
  const std::string told = Finish();
  EXPECT_TRUE(EndedAsItsOwn()) << told;
  EXPECT_EQ(asked_, 1);
  EXPECT_THAT(told, HasSubstr("open:" + open + ":0\n"));
  EXPECT_THAT(told, HasSubstr("open:" + closed + ":" + std::to_string(EACCES) + "\n"));
  EXPECT_THAT(told, HasSubstr("env:PATH=/usr/bin\nenv:LC_ALL=C\n"));
  EXPECT_THAT(told, HasSubstr("record:clean\n"));
}

TEST_P(ExecSurgeryTest, WithoutTheRulesetTheSameFileOpens) {
  TemporaryTree tree;
  const std::string closed = tree.File("closed/file");
  Start({closed});
  ReachExec();
  SurgeryPlan plan;
  plan.environment.removed_names = {"SECRET"};
  Operate(std::move(plan));
  EXPECT_THAT(Finish(), HasSubstr("open:" + closed + ":0\n"));
}

TEST_P(ExecSurgeryTest, SignalThatArrivesMeanwhileIsDeliveredAfterwards) {
  Start();
  ReachExec();
  ASSERT_EQ(kill(pid_, SIGTERM), 0);
  SurgeryPlan plan;
  plan.environment.removed_names = {"SECRET"};
  Operate(std::move(plan));  // comes to its end first
  EXPECT_EQ(Finish(), "");
  EXPECT_TRUE(WIFSIGNALED(last_status_) && WTERMSIG(last_status_) == SIGTERM);
}

TEST_P(ExecSurgeryTest, DescriptorThatIsNoRulesetFailsTheSurgery) {
  Start();
  ReachExec();
  SurgeryPlan plan;
  plan.ruleset.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  ExecSurgery surgery(memory_, pid_, std::move(plan));
  ASSERT_TRUE(surgery.Begin().ok());
  absl::StatusOr<ExecSurgery::Progress> progress = ExecSurgery::Progress::kWaiting;
  for (int stops = 0; stops < 20 && progress.ok(); ++stops) {
    std::optional<PtraceEvent> event = NextStop(&surgery);
    ASSERT_TRUE(event.has_value());
    progress = surgery.Advance(*event);
    ASSERT_NE(progress.value_or(ExecSurgery::Progress::kWaiting), ExecSurgery::Progress::kDone);
  }
  EXPECT_FALSE(progress.ok());
}

INSTANTIATE_TEST_SUITE_P(Programs, ExecSurgeryTest, testing::Values(DYNAMIC_CHILD, STATIC_CHILD),
                         [](const testing::TestParamInfo<const char*>& program) {
                           return program.index == 0 ? "Dynamic" : "Static";
                         });

}  // namespace
}  // namespace safe_trace
