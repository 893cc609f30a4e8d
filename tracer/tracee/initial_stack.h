// The block that the kernel leaves on a new image's stack: argc, argv, environment, auxiliary
// vector. Pure parsing and building; exec_surgery reads and writes it.
#ifndef SAFE_TRACE_TRACER_TRACEE_INITIAL_STACK_H_
#define SAFE_TRACE_TRACER_TRACEE_INITIAL_STACK_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

struct InitialStack {
  uint64_t address = 0;  // of argc: the stack pointer at the first instruction
  std::vector<uint64_t> argument_pointers;
  std::vector<uint64_t> environment_pointers;
  std::vector<std::pair<uint64_t, uint64_t>> auxiliary;  // with its AT_NULL
  std::vector<std::string> environment;                  // what the pointers point to

  uint64_t BlockSize() const;  // bytes from argc to the end of the auxiliary vector
};

// Reads the stack of a task that has not run an instruction yet. ResourceExhausted beyond 512 Ki
// pointers or 8 MiB of strings (the kernel's own limit is 6 MiB).
absl::StatusOr<InitialStack> ReadInitialStack(const TraceeMemory& memory, pid_t tid,
                                              uint64_t stack_pointer);

// What the environment should become.
struct EnvironmentEdit {
  std::vector<std::string> removed_names;  // every variable of these names goes
  std::vector<std::string> added;          // "NAME=value", after removal
  bool empty() const { return removed_names.empty() && added.empty(); }
};

// Writes the edited block. The strings of removed variables are overwritten with zeros, so that
// /proc/PID/environ does not show them either. The auxiliary vector follows the environment's NULL
// directly (the dynamic linker looks for it there) and the stack stays aligned to 16 bytes.
// Returns the new stack pointer.
absl::StatusOr<uint64_t> WriteEditedStack(const TraceeMemory& memory, pid_t tid,
                                          const InitialStack& stack, const EnvironmentEdit& edit);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_INITIAL_STACK_H_
