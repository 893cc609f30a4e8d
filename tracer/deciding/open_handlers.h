// open, openat, openat2, creat: decided on the pinned object, then left to the kernel where the
// floor holds, or opened on the caller's behalf through the same pin.
#ifndef SAFE_TRACE_TRACER_DECIDING_OPEN_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_OPEN_HANDLERS_H_

#include <cstdint>
#include <string>
#include <unordered_set>

#include "policy/policy.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/terminal_registry.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/floor_view.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class OpenHandlers {
 public:
  struct Options {
    bool record_all = false;    // --log-level full
    bool floor_present = true;  // a Landlock domain confines every task
  };
  // All references outlive the handlers. Loop thread only.
  OpenHandlers(const Policy& policy, const TraceeMemory& memory, const PathResolver& resolver,
               const FloorView& floor, ProcessTree& tree, Reporter& reporter, Options options)
      : policy_(policy),
        memory_(memory),
        resolver_(resolver),
        floor_(floor),
        tree_(tree),
        reporter_(reporter),
        options_(options) {}

  SyscallAction Handle(const SyscallInvocation& call, Process& process);
  // ioctl(master, TIOCGPTPEER, flags), on a duplicate of the caller's descriptor: whoever holds a
  // master has its terminal already, but the floor grants no terminal that is not there yet.
  SyscallAction OpenPeer(const SyscallInvocation& call, int master) const;

 private:
  struct Request {
    int dirfd;
    uint64_t path_address;
    uint64_t flags;
    uint32_t mode;
    uint64_t resolve;  // openat2's
  };
  int Decode(const SyscallInvocation& call, Request& request) const;
  SyscallAction OpenExisting(const SyscallInvocation& call, Process& process,
                             const Request& request, PinnedPath pinned);
  SyscallAction OpenMaster(const SyscallInvocation& call, const Request& request,
                           PinnedPath pinned);
  Decision DecideOnExisting(const Process& process, const PinnedPath& pinned, Access access);
  SyscallAction OpenNew(const SyscallInvocation& call, Process& process, const Request& request,
                        const std::string& path) const;
  SyscallAction OpenAbsent(const SyscallInvocation& call, Process& process, const Request& request,
                           const std::string& path, int error) const;
  SyscallAction Unfollowable(const Process& process) const;
  SyscallAction OpenThroughPin(const SyscallInvocation& call, const Request& request,
                               PinnedPath pinned) const;
  // The decision on a secret of another process (/proc/PID/environ), allowed where it is none.
  Decision DecideOnProcess(const Process& process, std::string_view path);
  // The same on a terminal (/dev/pts/N) that the policy refuses.
  Decision DecideOnTerminal(const PinnedPath& pinned, Access access, Decision by_policy) const;
  const Policy& policy_;
  const TraceeMemory& memory_;
  const PathResolver& resolver_;
  const FloorView& floor_;
  ProcessTree& tree_;
  Reporter& reporter_;
  Options options_;
  TerminalRegistry terminals_;
  std::unordered_set<uint64_t> snoopers_;  // processes (serial) that asked for another's secrets
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_OPEN_HANDLERS_H_
