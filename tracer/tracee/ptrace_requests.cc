#include "tracer/tracee/ptrace_requests.h"

#include <sys/ptrace.h>

#include <cerrno>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

void* Word(uint64_t value) { return reinterpret_cast<void*>(value); }

absl::Status Request(__ptrace_request request, pid_t tid, uint64_t address, uint64_t data,
                     const char* what) {
  if (ptrace(request, tid, Word(address), Word(data)) == -1) return LastErrnoStatus(what);
  return absl::OkStatus();
}

}  // namespace

absl::Status Seize(pid_t tid) {
  constexpr uint64_t kOptions = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                                PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
  return Request(PTRACE_SEIZE, tid, 0, kOptions, "PTRACE_SEIZE");
}

absl::Status Resume(pid_t tid, int signal) {
  return Request(PTRACE_CONT, tid, 0, static_cast<uint64_t>(signal), "PTRACE_CONT");
}

absl::Status ResumeToSyscall(pid_t tid) {
  return Request(PTRACE_SYSCALL, tid, 0, 0, "PTRACE_SYSCALL");
}

absl::Status SingleStep(pid_t tid) {
  return Request(PTRACE_SINGLESTEP, tid, 0, 0, "PTRACE_SINGLESTEP");
}

absl::Status Listen(pid_t tid) { return Request(PTRACE_LISTEN, tid, 0, 0, "PTRACE_LISTEN"); }

absl::Status Interrupt(pid_t tid) {
  return Request(PTRACE_INTERRUPT, tid, 0, 0, "PTRACE_INTERRUPT");
}

absl::StatusOr<uint64_t> EventMessage(pid_t tid) {
  unsigned long message = 0;
  if (ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message) == -1) {
    return LastErrnoStatus("PTRACE_GETEVENTMSG");
  }
  return message;
}

absl::StatusOr<Registers> GetRegisters(pid_t tid) {
  Registers registers{};
  if (ptrace(PTRACE_GETREGS, tid, nullptr, &registers) == -1) {
    return LastErrnoStatus("PTRACE_GETREGS");
  }
  return registers;
}

absl::Status SetRegisters(pid_t tid, const Registers& registers) {
  if (ptrace(PTRACE_SETREGS, tid, nullptr, const_cast<Registers*>(&registers)) == -1) {
    return LastErrnoStatus("PTRACE_SETREGS");
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> PeekWord(pid_t tid, uint64_t address) {
  errno = 0;
  long word = ptrace(PTRACE_PEEKTEXT, tid, Word(address), nullptr);
  if (word == -1 && errno != 0) return LastErrnoStatus("PTRACE_PEEKTEXT");
  return static_cast<uint64_t>(word);
}

absl::Status PokeWord(pid_t tid, uint64_t address, uint64_t word) {
  return Request(PTRACE_POKETEXT, tid, address, word, "PTRACE_POKETEXT");
}

}  // namespace safe_trace
