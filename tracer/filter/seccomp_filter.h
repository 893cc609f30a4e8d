// The static part of the floor and the list of what is asked: one seccomp program for the tree.
#ifndef SAFE_TRACE_TRACER_FILTER_SECCOMP_FILTER_H_
#define SAFE_TRACE_TRACER_FILTER_SECCOMP_FILTER_H_

#include <linux/filter.h>

#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

// What decides how much the filter must cover by itself.
struct FilterOptions {
  // Landlock scopes signals (ABI >= 6): of kill's kin only kill is asked about, to write it down.
  bool signals_scoped = false;
  // Landlock keeps domains from tracing each other (ABI >= 1): process_vm_readv may stay.
  bool tracing_scoped = false;
};

using SeccompProgram = std::vector<sock_filter>;

// Compiles the syscall table. Foreign architectures (int 0x80) and x32 numbers get ENOSYS.
absl::StatusOr<SeccompProgram> BuildSeccompFilter(const FilterOptions& options);

// Installs the program on the calling thread with a notification listener that waits killably
// (Linux >= 5.19). Async-signal-safe; no_new_privs must be set. Returns the listener, or -errno.
int InstallSeccompFilter(const SeccompProgram& program);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_FILTER_SECCOMP_FILTER_H_
