// Register access for x86-64: the only place that knows register names and calling conventions.
#ifndef SAFE_TRACE_TRACER_ARCH_X86_64_H_
#define SAFE_TRACE_TRACER_ARCH_X86_64_H_

#if !defined(__x86_64__)
#error "safe-trace knows the registers of x86-64 only; add tracer/arch/<architecture>.h"
#endif

#include <sys/user.h>

#include <array>
#include <cstdint>

namespace safe_trace {

using Registers = user_regs_struct;

inline constexpr std::array<uint8_t, 2> kSyscallInstruction = {0x0f, 0x05};
inline constexpr const char* kPlatformInterpreter = "/lib64/ld-linux-x86-64.so.2";

inline uint64_t StackPointer(const Registers& r) { return r.rsp; }
inline void SetStackPointer(Registers& r, uint64_t value) { r.rsp = value; }
inline uint64_t InstructionPointer(const Registers& r) { return r.rip; }
// In the order of the numbers that DWARF gives them; the instruction pointer is the last.
inline std::array<uint64_t, 17> DwarfRegisters(const Registers& r) {
  return {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
          r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
}
inline int64_t SyscallResult(const Registers& r) { return static_cast<int64_t>(r.rax); }

// Arranges for `number(arguments...)` to run at the next instruction, which must be a syscall
// instruction. orig_rax -1 keeps the kernel from restarting the call that was interrupted.
inline void SetSyscall(Registers& r, int number, const std::array<uint64_t, 6>& arguments) {
  r.rax = static_cast<uint64_t>(number);
  r.orig_rax = static_cast<uint64_t>(-1);
  r.rdi = arguments[0];
  r.rsi = arguments[1];
  r.rdx = arguments[2];
  r.r10 = arguments[3];
  r.r8 = arguments[4];
  r.r9 = arguments[5];
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ARCH_X86_64_H_
