// ptrace requests as functions that return Status. All must run on the thread that seized.
#ifndef SAFE_TRACE_TRACER_TRACEE_PTRACE_REQUESTS_H_
#define SAFE_TRACE_TRACER_TRACEE_PTRACE_REQUESTS_H_

#include <sys/types.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/arch/x86_64.h"

namespace safe_trace {

// Seizes with fork, vfork, clone and exec events, and EXITKILL: when the supervisor dies, so does
// every tracee.
absl::Status Seize(pid_t tid);
// Lets a stopped task run on, delivering `signal` (0: none).
absl::Status Resume(pid_t tid, int signal);
// The same, up to the next system call's entry or exit.
absl::Status ResumeToSyscall(pid_t tid);
absl::Status SingleStep(pid_t tid);
// Leaves a task in its group-stop but keeps receiving its events.
absl::Status Listen(pid_t tid);
// Has a running task stop (kInterruptStop) as soon as it leaves the kernel.
absl::Status Interrupt(pid_t tid);
absl::StatusOr<uint64_t> EventMessage(pid_t tid);
absl::StatusOr<Registers> GetRegisters(pid_t tid);
absl::Status SetRegisters(pid_t tid, const Registers& registers);
// One word at any mapped address, also in read-only text (the tracee gets a private copy).
absl::StatusOr<uint64_t> PeekWord(pid_t tid, uint64_t address);
absl::Status PokeWord(pid_t tid, uint64_t address, uint64_t word);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_PTRACE_REQUESTS_H_
