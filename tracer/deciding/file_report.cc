#include "tracer/deciding/file_report.h"

#include <utility>
#include <vector>

#include "tracer/filter/syscall_table.h"

namespace safe_trace {
namespace {

TraceEvent FileEvent(const SyscallInvocation& call, std::string_view action,
                     std::string_view path) {
  TraceEvent event;
  event.action = action;
  event.category = "file";
  event.Set("file.path", std::string(path));
  event.Set("safe_trace.syscall", std::string(SyscallName(call.number)));
  return event;
}

// No flag opens another process. A path with a glob's characters, given to a flag, would name
// others.
bool CanBeAllowed(const Decision& decision, std::string_view path) {
  return !decision.never_allowed && !path.starts_with("/proc/") &&
         path.find_first_of("*?[\\") == std::string_view::npos;
}

std::vector<std::string> AccessList(Access access) {
  std::vector<std::string> list;
  if (Any(access & Access::kRead)) list.emplace_back("read");
  if (Any(access & Access::kWrite)) list.emplace_back("write");
  return list;
}

}  // namespace

std::string_view AccessVerb(Access access) {
  if (Any(access & Access::kExecute)) return "run";
  return Any(access & Access::kWrite) ? "write" : "read";
}

void ReportFileDecision(Reporter& reporter, const SyscallInvocation& call, const Process& process,
                        const Decision& decision, std::string_view verb, std::string_view action,
                        std::string_view path, Access access) {
  TraceEvent event = FileEvent(call, action, path);
  event.Set("safe_trace.access", AccessList(access));
  std::string doing = std::string(verb) + " " + std::string(path);
  std::string how;
  if (CanBeAllowed(decision, path)) {
    how = Any(access & Access::kWrite) ? "--allow-write " : "--allow-read ";
    how += path;
  }
  reporter.ReportDecision(process, decision, std::move(event), doing, how);
}

void ReportFileUse(Reporter& reporter, const SyscallInvocation& call, const Process& process,
                   const Decision& decision, std::string_view action, std::string_view path,
                   Access access, std::string_view mechanism) {
  TraceEvent event = FileEvent(call, action, path);
  event.outcome = "success";
  event.Set("safe_trace.decision", std::string("allow"));
  event.Set("rule.id", decision.rule->id);
  event.Set("safe_trace.access", AccessList(access));
  event.Set("safe_trace.mechanism", std::string(mechanism));
  reporter.ReportEvent(process, std::move(event));
}

}  // namespace safe_trace
