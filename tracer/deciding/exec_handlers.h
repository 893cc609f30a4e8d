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
#include "tracer/tracee/floor_view.h"
#include "tracer/tracee/image.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// What is to be done with a task in its exec stop.
struct ExecOutcome {
  bool kill = false;
  SurgeryPlan surgery;                         // empty: let it run
  std::vector<std::string> removed_variables;  // names that the surgery removes
};

class ExecHandlers {
 public:
  // All references outlive the handlers. Loop thread only.
  struct Options {
    std::string shim_path;      // what LD_PRELOAD was given, "" for none
    bool floor_present = true;  // a Landlock domain confines every task
    // "NAME=value" that the command was not given: a manager that it starts may get its own back.
    std::vector<std::string> withheld_variables;
    std::string own_code;  // ST_OWN_CODE of a guarded program, "" where none is
  };
  ExecHandlers(const Policy& policy, const TraceeMemory& memory, const PathResolver& resolver,
               const FloorView& floor, PackageDomains& domains, Reporter& reporter, Options options)
      : policy_(policy),
        memory_(memory),
        resolver_(resolver),
        floor_(floor),
        domains_(domains),
        reporter_(reporter),
        options_(std::move(options)) {}

  SyscallAction Handle(const SyscallInvocation& call, Process& process) const;

  // The verdict on what runs now. Updates the process: image, generation, domain. An error means
  // that nothing could be found out: the task must be killed. `image` is left for hashing.
  absl::StatusOr<ExecOutcome> AfterExec(Process& process, Image& image) const;

 private:
  void KillImage(const Process& process, const Image& image, Decision decision,
                 std::string_view doing, ExecOutcome& outcome) const;
  void HoldToLock(const Process& process, const Image& image, ExecOutcome& outcome) const;
  absl::Status EnterSubject(Process& process, Subject subject,
                            const std::vector<std::string>& environment,
                            ExecOutcome& outcome) const;
  void AddNodeHook(const Subject& subject, const std::vector<std::string>& environment,
                   EnvironmentEdit& edit) const;
  void EditEnvironment(const Process& process, const Subject& before,
                       const std::vector<std::string>& environment, ExecOutcome& outcome) const;
  void KeepGuard(const Image& image, const std::vector<std::string>& environment,
                 EnvironmentEdit& edit) const;
  void DropForeignPreload(const Image& image, const std::vector<std::string>& environment,
                          EnvironmentEdit& edit) const;

  const Policy& policy_;
  const TraceeMemory& memory_;
  const PathResolver& resolver_;
  const FloorView& floor_;
  PackageDomains& domains_;
  Reporter& reporter_;
  Options options_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_EXEC_HANDLERS_H_
