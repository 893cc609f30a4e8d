// Acts on the typed events of the traced tasks: keeps the process tree, judges execs, runs exec
// surgeries, passes signals and stops on.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_PTRACE_DISPATCHER_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_PTRACE_DISPATCHER_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tracer/deciding/exec_handlers.h"
#include "tracer/stacks/stack_collector.h"
#include "tracer/supervisor/background_thread.h"
#include "tracer/supervisor/image_hashes.h"
#include "tracer/supervisor/notification_dispatcher.h"
#include "tracer/supervisor/run_reporter.h"
#include "tracer/tracee/exec_surgery.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/ptrace_event.h"

namespace safe_trace {

// Loop thread only: ptrace requests must come from the thread that seized.
class PtraceDispatcher final : public SurgeryRoom {
 public:
  struct Options {
    bool hash_all = false;       // --log-level full: also the distribution's own programs
    uint64_t maximum_tasks = 0;  // --pids; 0: none
  };
  PtraceDispatcher(ProcessTree& tree, const ExecHandlers& exec, const TraceeMemory& memory,
                   RunReporter& reporter, StackCollector& stacks, ImportWatch& imports,
                   Options options)
      : tree_(tree),
        exec_(exec),
        memory_(memory),
        reporter_(reporter),
        stacks_(stacks),
        imports_(imports),
        options_(options) {}

  // The command's process, already seized.
  void SetRoot(pid_t pid);
  // Takes all wait statuses that are there.
  void ReapAll();
  // A wait status of the root once it ended.
  std::optional<int> root_status() const { return root_status_; }
  // True where the root stopped by job control since the last call: the supervisor stops too.
  bool TakeRootStopped();
  // True once a limit was hit that ends the run.
  bool limit_reached() const { return limit_reached_; }
  // Ends tasks whose parent never reported them (it was killed in between).
  void KillOrphans();
  bool HasOrphans() const { return !orphans_.empty(); }
  // Kills every process of the tree that is left; returns who they were.
  std::vector<std::string> KillSurvivors(bool report);
  void KillAll();

  int RulesetFor(pid_t tid) const override;

 private:
  using Clock = std::chrono::steady_clock;
  void Handle(const PtraceEvent& event);
  void OnNewTask(const PtraceEvent& event);
  void OnFirstStop(const PtraceEvent& event);
  void OnExec(const PtraceEvent& event);
  void OnExit(const PtraceEvent& event);
  void OnGroupStop(const PtraceEvent& event);
  void AdvanceSurgery(const PtraceEvent& event);
  void Kill(pid_t tid, const std::string& reason);
  void RecordExec(const Process& process, Image image);
  void RecordRemoved(const Process& process, const std::vector<std::string>& names);
  void CheckLimit(pid_t tid);

  ProcessTree& tree_;
  const ExecHandlers& exec_;
  const TraceeMemory& memory_;
  RunReporter& reporter_;
  StackCollector& stacks_;
  ImportWatch& imports_;
  Options options_;
  pid_t root_ = 0;
  bool root_execed_ = false;
  std::optional<int> root_status_;
  bool root_stopped_ = false;
  bool limit_reached_ = false;
  std::map<pid_t, Clock::time_point> orphans_;  // stopped, waiting for their parent's event
  std::map<pid_t, std::unique_ptr<ExecSurgery>> surgeries_;
  ImageHashes hashes_;           // of the background thread alone
  BackgroundThread background_;  // ends before what it uses
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_PTRACE_DISPATCHER_H_
