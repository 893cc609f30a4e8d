#include "tracer/tracee/ptrace_event.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <csignal>

namespace safe_trace {
namespace {

constexpr int kEventStop = 128;  // PTRACE_EVENT_STOP

int Stopped(int signal, int event = 0) { return event << 16 | signal << 8 | 0x7f; }

void ExpectEvent(int status, PtraceEventKind kind, int value) {
  std::optional<PtraceEvent> event = DecodeWaitStatus(getpid(), status);
  ASSERT_TRUE(event.has_value()) << std::hex << status;
  EXPECT_EQ(event->kind, kind) << std::hex << status;
  EXPECT_EQ(event->value, value) << std::hex << status;
  EXPECT_EQ(event->tid, getpid());
}

TEST(PtraceEventTest, ExitCarriesItsStatus) {
  ExpectEvent(0, PtraceEventKind::kExited, 0);
  ExpectEvent(255 << 8, PtraceEventKind::kExited, 255);
}

TEST(PtraceEventTest, DeathCarriesItsSignalWithOrWithoutADump) {
  ExpectEvent(SIGKILL, PtraceEventKind::kKilled, SIGKILL);
  ExpectEvent(SIGSEGV | 0x80, PtraceEventKind::kKilled, SIGSEGV);
}

TEST(PtraceEventTest, SignalDeliveryIsToldFromASystemCallStop) {
  ExpectEvent(Stopped(SIGUSR1), PtraceEventKind::kSignal, SIGUSR1);
  ExpectEvent(Stopped(SIGTRAP), PtraceEventKind::kSignal, SIGTRAP);
  ExpectEvent(Stopped(SIGTRAP | 0x80), PtraceEventKind::kSyscallStop, 0);
}

TEST(PtraceEventTest, StoppingSignalThatIsOnlyDeliveredIsNoGroupStop) {
  ExpectEvent(Stopped(SIGSTOP), PtraceEventKind::kSignal, SIGSTOP);
}

TEST(PtraceEventTest, GroupStopIsOneOfTheFourStoppingSignals) {
  for (int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    ExpectEvent(Stopped(signal, kEventStop), PtraceEventKind::kGroupStop, signal);
  }
  ExpectEvent(Stopped(SIGTRAP, kEventStop), PtraceEventKind::kInterruptStop, SIGTRAP);
}

// The kernel is asked who the other is; for a task that is not traced it does not say.
TEST(PtraceEventTest, NewTasksAndExecsAreTold) {
  ExpectEvent(Stopped(SIGTRAP, PTRACE_EVENT_FORK), PtraceEventKind::kNewChild, 0);
  ExpectEvent(Stopped(SIGTRAP, PTRACE_EVENT_VFORK), PtraceEventKind::kNewChild, 0);
  ExpectEvent(Stopped(SIGTRAP, PTRACE_EVENT_CLONE), PtraceEventKind::kNewThread, 0);
  ExpectEvent(Stopped(SIGTRAP, PTRACE_EVENT_EXEC), PtraceEventKind::kExec, 0);
  EXPECT_EQ(DecodeWaitStatus(getpid(), Stopped(SIGTRAP, PTRACE_EVENT_FORK))->other, 0);
}

TEST(PtraceEventTest, ContinuationIsNoEvent) {
  constexpr int kContinued = 0xffff;
  EXPECT_FALSE(DecodeWaitStatus(getpid(), kContinued).has_value());
}

}  // namespace
}  // namespace safe_trace
