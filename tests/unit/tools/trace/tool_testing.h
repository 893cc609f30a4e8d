// A directory of traces and the tool's answer about it.
#ifndef SAFE_TRACE_TESTS_UNIT_TOOLS_TRACE_TOOL_TESTING_H_
#define SAFE_TRACE_TESTS_UNIT_TOOLS_TRACE_TOOL_TESTING_H_

#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/events/events_testing.h"
#include "tools/trace/trace_tool.h"

namespace safe_trace {

struct Answer {
  int status = 0;
  std::string out;
  std::string err;
};

inline Answer Ask(const std::vector<std::string>& arguments, const std::string& directory,
                  const Terminal& terminal = {}) {
  const ParsedCommandLine parsed = ParseCommandLine(arguments);
  if (!parsed.command.has_value()) return {parsed.exit_status, "", parsed.message};
  std::ostringstream out;
  std::ostringstream err;
  TraceCommand command = *parsed.command;
  const int status = ExecuteTraceCommand(command, directory, terminal, out, err);
  return {status, out.str(), err.str()};
}

inline TraceEvent ProcessEvent(const std::string& action, const std::string& id,
                               const std::string& parent, const std::string& role,
                               std::vector<std::string> arguments) {
  TraceEvent event;
  event.action = action;
  event.category = "process";
  event.outcome = "success";
  event.wall_clock_ns = FixedClock();
  event.Set("process.entity_id", id).Set("process.pid", std::stoll(id));
  if (!parent.empty()) event.Set("process.parent.entity_id", parent);
  event.Set("safe_trace.role", role).Set("safe_trace.ecosystem", std::string("pip"));
  if (role == "package") {
    event.Set("package.name", std::string("evil")).Set("package.version", std::string("1.0"));
  }
  if (!arguments.empty()) event.Set("process.args", std::move(arguments));
  return event;
}

inline TraceEvent ConnectEvent(const std::string& domain, const std::string& ip, bool refused) {
  TraceEvent event = ProcessEvent("network-connect", refused ? "101-2" : "100-1", "",
                                  refused ? "package" : "manager", {});
  event.category = "network";
  event.is_violation = refused;
  event.Set("destination.ip", ip).Set("destination.port", int64_t{443});
  if (!domain.empty()) event.Set("destination.domain", std::vector<std::string>{domain});
  if (refused) {
    event.Set("safe_trace.decision", std::string("deny"))
        .Set("rule.id", std::string("network.package"))
        .Set("safe_trace.reason", std::string("package code has no network"));
  }
  return event;
}

// A run of pip in which the package evil@1.0 tries what it must not.
inline void WriteHostileRun(const std::string& path, const std::string& run_id, bool finish) {
  TraceLogOptions options = SampleOptions(path);
  options.run_id = run_id;
  options.clock = FixedClock;
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Record(
      ProcessEvent("process-exec", "100-1", "", "manager", {"pip", "install", "x y"}));
  (*writer)->Record(ProcessEvent("process-exec", "101-2", "100-1", "package",
                                 {"python3", "setup.py", "bdist_wheel"}));
  TraceEvent removed = ProcessEvent("environment-removed", "101-2", "100-1", "package", {});
  removed.Set("safe_trace.removed", std::vector<std::string>{"AWS_SECRET_ACCESS_KEY"});
  (*writer)->Record(std::move(removed));
  for (int i = 0; i < 3; ++i) {
    TraceEvent event = FileEvent("/home/user/.ssh/id_rsa", true);
    event.wall_clock_ns = FixedClock();
    event.Set("process.entity_id", std::string("101-2"))
        .Set("safe_trace.reason", std::string("SSH keys and configuration"));
    (*writer)->Record(std::move(event));
  }
  (*writer)->Record(ConnectEvent("files.example.org", "192.0.2.1", false));
  (*writer)->Record(ConnectEvent("", "203.0.113.9", true));
  TraceEvent exit = ProcessEvent("process-exit", "101-2", "100-1", "package", {});
  exit.Set("process.exit_code", int64_t{1});
  (*writer)->Record(std::move(exit));
  if (finish) {
    ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
  }
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_TOOLS_TRACE_TOOL_TESTING_H_
