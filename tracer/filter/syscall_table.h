// THE table of system calls: what the filter does with each, and who decides about it.
// docs/adding-a-syscall.md says how to add one.
#ifndef SAFE_TRACE_TRACER_FILTER_SYSCALL_TABLE_H_
#define SAFE_TRACE_TRACER_FILTER_SYSCALL_TABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace safe_trace {

enum class Handling : uint8_t {
  kNotify,       // the supervisor decides
  kRefuse,       // the filter answers `error`, always
  kRefuseAloud,  // the supervisor answers `error`, always, and writes it down
  kConditional,  // rules on register arguments, written in seccomp_filter.cc
};

// Which handlers take the notification.
enum class HandlerGroup : uint8_t {
  kNone,
  kOpen,
  kNames,
  kAttributes,
  kExec,
  kNetwork,
  kTarget,
  kIoctl,    // by its request: open, attributes, or refused
  kRefused,  // whatever is notified of it is refused
};

struct SyscallEntry {
  int number;
  std::string_view name;
  Handling handling;
  HandlerGroup group;
  int error;                // for the refused
  std::string_view reason;  // for the refused: why
  bool forbidden = false;   // for the refused: asking is evidence of an attack
};

std::span<const SyscallEntry> SyscallTable();
// Null where the filter lets the call pass without a rule.
const SyscallEntry* FindSyscall(int number);
// "openat"; "unknown" where the table does not have it.
std::string_view SyscallName(int number);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_FILTER_SYSCALL_TABLE_H_
