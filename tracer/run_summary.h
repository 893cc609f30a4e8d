// What a run came to, for the last line of the trace and the summary on the terminal.
#ifndef SAFE_TRACE_TRACER_RUN_SUMMARY_H_
#define SAFE_TRACE_TRACER_RUN_SUMMARY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace safe_trace {

struct PackageSummary {
  std::string ecosystem;
  std::string name;
  std::string version;
  uint64_t processes = 0;
  uint64_t violations = 0;
};

struct HostSummary {
  std::string name;  // the name, or the address where no name is known
  uint16_t port = 0;
  uint64_t connections = 0;
};

struct RunSummary {
  std::string run_id;
  std::string command;          // argv joined for display, escaped
  std::string trace_path;
  // What `trace show` takes for this run: the run's id, or the path where -o named another place.
  std::string trace_name;
  int exit_status = 0;          // what safe-trace will exit with
  int command_status = 0;       // what the command itself ended with (128+N for a signal)
  std::string ended_because;    // why safe-trace ended the run; "" where the command ended it
  double seconds = 0;           // wall time
  uint64_t processes = 0;
  uint64_t violations = 0;
  uint64_t denials = 0;         // refused without being a violation
  uint64_t notifications = 0;
  uint64_t files_created = 0;    // compared with the beginning
  uint64_t files_changed = 0;
  uint64_t files_deleted = 0;
  uint64_t files_forgotten = 0;  // may have changed; there was no room to remember them
  uint64_t dropped_events = 0;  // not written for want of queue space; never violations
  std::vector<PackageSummary> packages;
  std::vector<HostSummary> hosts;
  std::vector<std::string> removed_variables;  // names only
  std::vector<std::string> notes;  // for a person: what was left behind, what a package wanted
  std::vector<std::string> sinks;  // one each: "unix:/run/x.sock delivered=12 dropped=0 rejected=0"
  std::vector<std::string> survivors;          // "package evil@1.0: /tmp/x/daemon (pid 123)"
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RUN_SUMMARY_H_
