// The loop: one thread over ptrace events and seccomp notifications, from the moment when the child
// is seized to the end of its tree.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_SUPERVISOR_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_SUPERVISOR_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/policy.h"
#include "tracer/events/trace_event.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/dns_gate.h"
#include "tracer/run_summary.h"
#include "tracer/supervisor/run_reporter.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

class AskDesk;
class Relay;
class RelayGate;

struct SupervisorOptions {
  bool record_all = false;     // --log-level full
  int landlock_abi = 0;        // 0: no floor by Landlock
  std::string shim_path;       // "" where nothing is preloaded
  std::string unwinder_path;   // safe-trace-unwind; "" where stacks are not unwound
  std::string temporary_root;  // of this run alone
  std::vector<std::string> withheld_variables;  // see ExecHandlers::Options
  std::string own_code;                         // of a guarded program, see ExecHandlers::Options
  uint64_t maximum_tasks = 0;                   // --pids; 0: none
  uint64_t timeout_seconds = 0;                 // 0: none
  bool kill_on_violation = false;               // --on-violation kill
};

// What the child and the launcher agreed on before the first exec.
struct SeizedChild {
  pid_t pid = 0;
  UniqueFd listener;     // the seccomp listener
  UniqueFd exec_errors;  // readable or hung up: the exec failed, or succeeded
  int signal_fd = -1;    // of the launcher: SIGCHLD and what is forwarded
};

enum class RunEnd { kExited, kExecFailed, kTimedOut, kKilled, kSupervisionLost };

struct RunOutcome {
  RunEnd end = RunEnd::kExited;
  int status = 0;       // the command's, 128+N for a signal
  int exec_error = 0;   // errno of the failed exec
  std::string message;  // why supervision was lost or the run was killed
  std::vector<std::string> survivors;
  // Of a guarded program: those whose imports were not seen.
  std::vector<std::string> unheld_interpreters;
  uint64_t notifications = 0;
};

// Borrowed for the run.
struct SupervisorParts {
  const Policy& policy;
  std::shared_ptr<const Domain> root_domain;
  DnsBroker& broker;
  DnsGate& gate;
  Relay& relay;
  RelayGate& relay_gate;
  RunReporter& reporter;
  int trace_error_fd = -1;  // readable when the trace cannot be written
  std::function<absl::Status()> trace_status;
  AskDesk* desk = nullptr;  // null: nobody is asked
};

// Must be called on the thread that seized the child. Returns when no task of the tree is left.
RunOutcome Supervise(SupervisorParts parts, SeizedChild child, const SupervisorOptions& options);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_SUPERVISOR_H_
