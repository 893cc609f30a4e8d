// Calls that make, remove or rename names: decided on the pinned directory and the name, then left
// to the kernel where the floor holds, or done on the caller's behalf in that same directory.
#ifndef SAFE_TRACE_TRACER_DECIDING_NAME_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_NAME_HANDLERS_H_

#include <functional>
#include <string_view>

#include "policy/policy.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/floor_view.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_status.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class NameHandlers {
 public:
  // All references outlive the handlers. Loop thread only.
  NameHandlers(const Policy& policy, const TraceeMemory& memory, const PathResolver& resolver,
               FloorView& floor, Reporter& reporter, bool record_all)
      : policy_(policy),
        memory_(memory),
        resolver_(resolver),
        floor_(floor),
        reporter_(reporter),
        record_all_(record_all) {}

  SyscallAction Handle(const SyscallInvocation& call, Process& process) const;

 private:
  struct Place {
    int dirfd;
    uint64_t path_address;
  };
  // What the policy must know of a name that is being made.
  struct Made {
    bool moves_hierarchy;  // other content appears under the name: a symlink
    bool empty_directory;
  };
  using Perform = std::function<int(const ProcessStatus& task)>;  // returns 0 or an errno value

  SyscallAction Make(const SyscallInvocation& call, Process& process, Place place,
                     std::string_view verb, std::string_view action,
                     const std::function<int(const PinnedPath&, const ProcessStatus&)>& perform,
                     Made made) const;
  SyscallAction Remove(const SyscallInvocation& call, Process& process, Place place,
                       int flags) const;
  SyscallAction Rename(const SyscallInvocation& call, Process& process, Place from, Place to,
                       unsigned flags) const;
  SyscallAction Link(const SyscallInvocation& call, Process& process, Place from, Place to,
                     int flags) const;
  SyscallAction Mknod(const SyscallInvocation& call, Process& process, Place place, mode_t mode,
                      uint64_t device) const;
  SyscallAction Symlink(const SyscallInvocation& call, Process& process, uint64_t target,
                        Place place) const;
  // 0, or the errno value to answer with (already reported); kForeignMagicLink as is.
  int Pin(const SyscallInvocation& call, const Process& process, Place place,
          PinnedPath& out) const;
  void NoteChange(const Process& process, const PinnedPath& pinned) const;
  int Decide(const SyscallInvocation& call, const Process& process, const PinnedPath& pinned,
             Access access, std::string_view verb, std::string_view action, bool& covered,
             bool moves_hierarchy = false, bool empty_directory = false) const;
  int DecideSource(const SyscallInvocation& call, const Process& process, const PinnedPath& source,
                   bool& covered) const;
  static bool LeadsToGrant(const Domain& domain, std::string_view directory);
  SyscallAction MakeDirectory(const SyscallInvocation& call, Process& process, Place place,
                              mode_t mode) const;
  SyscallAction Answer(int error) const;
  SyscallAction DoIt(const SyscallInvocation& call, bool covered, const Perform& perform) const;

  const Policy& policy_;
  const TraceeMemory& memory_;
  const PathResolver& resolver_;
  FloorView& floor_;
  Reporter& reporter_;
  bool record_all_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_NAME_HANDLERS_H_
