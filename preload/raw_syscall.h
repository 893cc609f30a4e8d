// System calls without libc: they leave errno alone, are no cancellation points, and cannot be
// interposed by another preloaded library.
#ifndef SAFE_TRACE_PRELOAD_RAW_SYSCALL_H_
#define SAFE_TRACE_PRELOAD_RAW_SYSCALL_H_

#ifndef __x86_64__
#error "the shim knows the system call convention of x86-64 only"
#endif

namespace safe_trace {

// Returns what the kernel returns: a negative errno on failure. Three-argument calls pass 0 last.
inline long RawSyscall(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  // The kernel overwrites rcx and r11 with the return address and the flags.
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
}

// All six arguments.
inline long RawSyscall6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_RAW_SYSCALL_H_
