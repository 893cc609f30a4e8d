// execve and execveat: a first verdict at the call, and the final one on the image that really
// runs, where the role may change and the image is prepared before its first instruction.
#ifndef SAFE_TRACE_TRACER_DECIDING_EXEC_HANDLERS_H_
#define SAFE_TRACE_TRACER_DECIDING_EXEC_HANDLERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/policy.h"
#include "tracer/deciding/package_domain.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/exec_surgery.h"
#include "tracer/tracee/image.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// What is to be done with a task in its exec stop.
struct ExecOutcome {
  bool kill = false;
  SurgeryPlan surgery;                      // empty: let it run
  std::vector<std::string> removed_variables;  // names that the surgery removes
};

class ExecHandlers {
 public:
  // All references outlive the handlers. Loop thread only. `shim_path` is what LD_PRELOAD was given,
  // "" for none.
  ExecHandlers(const Policy& policy, const TraceeMemory& memory, const PathResolver& resolver,
               PackageDomains& domains, Reporter& reporter, std::string shim_path)
      : policy_(policy), memory_(memory), resolver_(resolver), domains_(domains),
        reporter_(reporter), shim_path_(std::move(shim_path)) {}

  SyscallAction Handle(const SyscallInvocation& call, Process& process) const;

  // The verdict on what runs now. Updates the process: image, generation, domain. An error means
  // that nothing could be found out: the task must be killed. `image` is left for hashing.
  absl::StatusOr<ExecOutcome> AfterExec(Process& process, Image& image) const;

 private:
  absl::StatusOr<ExecOutcome> EnterPackage(Process& process, const Image& image,
                                           Subject subject) const;
  void DropForeignPreload(Process& process, const Image& image,
                          const std::vector<std::string>& environment,
                          EnvironmentEdit& edit) const;

  const Policy& policy_;
  const TraceeMemory& memory_;
  const PathResolver& resolver_;
  PackageDomains& domains_;
  Reporter& reporter_;
  std::string shim_path_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_EXEC_HANDLERS_H_
