// What this program gives up before it reads a byte of a trace, which may come from anywhere.
#ifndef SAFE_TRACE_TOOLS_CONFINEMENT_CONFINEMENT_H_
#define SAFE_TRACE_TOOLS_CONFINEMENT_CONFINEMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

struct Confinement {
  bool landlock = false;  // false: this kernel has none
};

// Sets no_new_privs; confines reading to `readable` (directories with all beneath, or files; those
// that are not there are skipped) with Landlock where the kernel has it; and installs a seccomp
// filter that refuses, with EPERM, network, exec, new processes, ptrace and its kin, opening for
// writing, and every call that changes the file system. `rewritable` is a descriptor that may still
// be emptied with ftruncate, -1 for none. For good, for the whole process.
absl::StatusOr<Confinement> ConfineToReading(const std::vector<std::string>& readable,
                                             int rewritable = -1);

// The same for `directory` alone, except that files in it can be removed, by unlinkat(2) with the
// descriptor `directory_fd` of it.
absl::StatusOr<Confinement> ConfineToRemoving(const std::string& directory, int directory_fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_CONFINEMENT_CONFINEMENT_H_
