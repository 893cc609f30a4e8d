// truncate, chmod, chown, setxattr and their kin. Landlock knows only truncate, so what is allowed
// is always done on the caller's behalf, on the pinned object.
#ifndef SAFE_TRACE_TRACER_DECIDING_ATTRIBUTE_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_ATTRIBUTE_HANDLERS_H_

#include <functional>
#include <string>

#include "policy/policy.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class AttributeHandlers {
 public:
  // All references outlive the handlers. Loop thread only.
  AttributeHandlers(const Policy& policy, const TraceeMemory& memory, const PathResolver& resolver,
                    Reporter& reporter)
      : policy_(policy), memory_(memory), resolver_(resolver), reporter_(reporter) {}

  SyscallAction Handle(const SyscallInvocation& call, Process& process) const;

 private:
  // What names the object: a path from `dirfd`, or `dirfd` itself where there is no path.
  struct Target {
    int dirfd;
    uint64_t path_address;
    bool by_descriptor = false;
    bool follow = true;
    bool empty_path_allowed = false;
  };
  // Works on the object through "/proc/self/fd/N"; returns 0 or an errno value.
  using Perform = std::function<int(int object, const std::string& link)>;

  SyscallAction Change(const SyscallInvocation& call, Process& process, const Target& target,
                       std::string_view verb, const Perform& perform) const;
  SyscallAction Chmod(const SyscallInvocation& call, Process& process, const Target& target,
                      mode_t mode) const;
  SyscallAction Chown(const SyscallInvocation& call, Process& process, const Target& target,
                      uid_t user, gid_t group) const;
  SyscallAction SetXattr(const SyscallInvocation& call, Process& process,
                         const Target& target) const;
  SyscallAction RemoveXattr(const SyscallInvocation& call, Process& process,
                            const Target& target) const;
  SyscallAction SetInodeFlags(const SyscallInvocation& call, Process& process,
                              const Target& target) const;
  int ReadXattrName(const SyscallInvocation& call, std::string& name) const;

  const Policy& policy_;
  const TraceeMemory& memory_;
  const PathResolver& resolver_;
  Reporter& reporter_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_ATTRIBUTE_HANDLERS_H_
