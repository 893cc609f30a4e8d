#include "tracer/tracee/exec_surgery.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "preload/shim_protocol.h"
#include "tracer/tracee/ptrace_requests.h"

#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

namespace safe_trace {

absl::Status ExecSurgery::Begin() { return ResumeToSyscall(tid_); }

absl::StatusOr<ExecSurgery::Progress> ExecSurgery::Advance(const PtraceEvent& event) {
  if (step_ == Step::kExecExit) {
    if (event.kind == PtraceEventKind::kSyscallStop) return AtExecExit();
    if (event.kind == PtraceEventKind::kSignal) signals_.push_back(event.value);
    absl::Status status = ResumeToSyscall(tid_);
    if (!status.ok()) return status;
    return Progress::kWaiting;
  }
  if (event.kind == PtraceEventKind::kSignal && event.value == SIGTRAP) return AfterInjectedCall();
  // Any other stop comes before or after the injected call; the step is taken again.
  if (event.kind == PtraceEventKind::kSignal) signals_.push_back(event.value);
  absl::StatusOr<Registers> now = GetRegisters(tid_);
  if (!now.ok()) return now.status();
  if (InstructionPointer(*now) != InstructionPointer(registers_)) return AfterInjectedCall();
  absl::Status status = SingleStep(tid_);
  if (!status.ok()) return status;
  return Progress::kWaiting;
}

absl::StatusOr<ExecSurgery::Progress> ExecSurgery::AtExecExit() {
  absl::StatusOr<Registers> registers = GetRegisters(tid_);
  if (!registers.ok()) return registers.status();
  registers_ = *registers;
  absl::Status status = EditEnvironment();
  if (!status.ok()) return status;
  if (!plan_.ruleset.valid()) return Finish();

  absl::StatusOr<uint64_t> word = PeekWord(tid_, InstructionPointer(registers_));
  if (!word.ok()) return word.status();
  saved_word_ = *word;
  uint64_t patched = saved_word_;
  memcpy(&patched, kSyscallInstruction.data(), kSyscallInstruction.size());
  status = PokeWord(tid_, InstructionPointer(registers_), patched);
  if (!status.ok()) return status;
  text_changed_ = true;
  step_ = Step::kReceiveRuleset;
  // The path is never looked at: the listener answers with the ruleset.
  status = Inject(SYS_openat, static_cast<uint64_t>(static_cast<int64_t>(ST_SURGERY_DIRFD)),
                  StackPointer(registers_), O_RDONLY | O_CLOEXEC);
  if (!status.ok()) return status;
  return Progress::kWaiting;
}

absl::Status ExecSurgery::EditEnvironment() {
  if (plan_.environment.empty()) return absl::OkStatus();
  absl::StatusOr<InitialStack> stack = ReadInitialStack(memory_, tid_, StackPointer(registers_));
  if (!stack.ok()) return stack.status();
  absl::StatusOr<uint64_t> pointer = WriteEditedStack(memory_, tid_, *stack, plan_.environment);
  if (!pointer.ok()) return pointer.status();
  SetStackPointer(registers_, *pointer);
  return SetRegisters(tid_, registers_);
}

absl::Status ExecSurgery::Inject(int number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3) {
  Registers call = registers_;
  SetSyscall(call, number, {a0, a1, a2, a3, 0, 0});
  absl::Status status = SetRegisters(tid_, call);
  return status.ok() ? SingleStep(tid_) : status;
}

absl::StatusOr<ExecSurgery::Progress> ExecSurgery::AfterInjectedCall() {
  absl::StatusOr<Registers> now = GetRegisters(tid_);
  if (!now.ok()) return now.status();
  int64_t result = SyscallResult(*now);
  if (result < 0) {
    return absl::InternalError(
        absl::StrCat("injected call failed: ", strerror(static_cast<int>(-result))));
  }
  absl::Status status;
  switch (step_) {
    case Step::kReceiveRuleset:
      received_fd_ = result;
      step_ = Step::kRestrict;
      status = Inject(SYS_landlock_restrict_self, static_cast<uint64_t>(received_fd_), 0);
      break;
    case Step::kRestrict:
      step_ = Step::kClose;
      status = Inject(SYS_close, static_cast<uint64_t>(received_fd_));
      break;
    case Step::kClose:
      return Finish();
    case Step::kExecExit:
      return absl::InternalError("no call was injected yet");
  }
  if (!status.ok()) return status;
  return Progress::kWaiting;
}

absl::StatusOr<ExecSurgery::Progress> ExecSurgery::Finish() {
  absl::Status status = absl::OkStatus();
  if (text_changed_) status = PokeWord(tid_, InstructionPointer(registers_), saved_word_);
  if (status.ok()) status = SetRegisters(tid_, registers_);
  if (!status.ok()) return status;
  int signal = signals_.empty() ? 0 : signals_.front();
  for (size_t i = 1; i < signals_.size(); ++i) {
    syscall(SYS_tgkill, tid_, tid_, signals_[i]);
  }
  status = Resume(tid_, signal);
  if (!status.ok()) return status;
  return Progress::kDone;
}

}  // namespace safe_trace
