// Counts, records and shows what the handlers report.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_RUN_REPORTER_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_RUN_REPORTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "tracer/changes/change_book.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/guard/import_watch.h"
#include "tracer/run_summary.h"

namespace safe_trace {

// What the user is shown as it happens.
struct ShownViolation {
  std::string subject;
  std::string doing;
  Verdict verdict = Verdict::kDeny;
  std::string rule_id;
  std::string how_to_allow;
  bool never_allowed = false;  // no option would have let it pass
};

// Loop thread only. Fills the counting fields of a RunSummary.
class RunReporter final : public Reporter {
 public:
  // The same thing done by the same process is written this often, then only counted.
  static constexpr uint64_t kRepeats = 8;
  static constexpr size_t kMaximumKeys = 8192;
  // Stacks are taken of so many violations of a run, each different from those before.
  static constexpr int64_t kMaximumStacks = 256;

  RunReporter(TraceSink& sink, std::function<void(const ShownViolation&)> show)
      : sink_(sink), show_(std::move(show)) {}

  void ReportDecision(const Process& process, const Decision& decision, TraceEvent event,
                      std::string_view doing, std::string_view how_to_allow) override;
  void ReportEvent(const Process& process, TraceEvent event) override;
  void NoteChange(const Process& process, std::string_view path,
                  const struct stat* before) override {
    changes_.Note(process, path, before);
  }

  void NoteFrames(const Process& process, std::string_view text) override;

  // Around the decision on one thread's call. TakeStackEvent returns what the stack belongs to,
  // where a violation of that call is to be written with its stack.
  void BeginCall(pid_t tid) { caller_ = tid; }
  // Of guarded programs: whose code a thread runs.
  using WhoActs = std::function<std::optional<ActingCode>(const Process& process, pid_t tid)>;
  void AskWhoActs(WhoActs who_acts) { who_acts_ = std::move(who_acts); }
  std::optional<TraceEvent> TakeStackEvent();

  // Fills in who did it: process.*, package.*, safe_trace.role; the second without the process.
  static void DescribeProcess(const Process& process, TraceEvent& event);
  static void DescribeSubject(const Subject& subject, TraceEvent& event);
  // Records without counting; also for events that belong to no process.
  void Record(TraceEvent event) { sink_.Record(std::move(event)); }
  // A process was started for, or became, this subject.
  void CountProcess(const Subject& subject);
  void CountNewSubject(const Subject& subject);

  // May be written to from any thread.
  TraceSink& sink() { return sink_; }
  const ChangeBook& changes() const { return changes_; }
  uint64_t violations() const { return violations_; }
  // Writes how often what was no longer written happened; then fills in the summary.
  void Finish(RunSummary& summary);

 private:
  struct Repeated {
    uint64_t count = 0;
    TraceEvent first;
  };
  PackageSummary& PackageOf(const Subject& subject);
  enum class Admission { kFirst, kAgain, kCountedOnly };
  // kCountedOnly once the same was recorded kRepeats times.
  Admission Admit(const Process& process, const Decision& decision, const TraceEvent& event,
                  std::string_view doing);
  void CountHost(const TraceEvent& event);
  void WantStack(const Process& process, TraceEvent& violation);

  TraceSink& sink_;
  std::function<void(const ShownViolation&)> show_;
  uint64_t violations_ = 0;
  uint64_t denials_ = 0;
  uint64_t processes_ = 0;
  uint64_t unkeyed_ = 0;
  std::map<std::tuple<std::string, std::string, std::string>, PackageSummary> packages_;
  std::map<std::pair<std::string, uint16_t>, uint64_t> hosts_;
  std::unordered_map<std::string, Repeated> repeated_;
  std::optional<ActingCode> ActingFor(const Process& process, const TraceEvent& event);

  pid_t caller_ = 0;  // of the call that is decided; 0: none
  WhoActs who_acts_;
  // By process and name: who wanted to know an address.
  static constexpr size_t kMaximumLookups = 256;
  std::map<std::pair<std::string, std::string>, ActingCode> lookups_;
  int64_t stacks_ = 0;
  std::optional<TraceEvent> stack_event_;
  // Of each process's last violation: what a language's hook may still tell of it.
  struct Untold {
    int64_t stack = 0;
    std::vector<std::string> about;
  };
  std::unordered_map<std::string, Untold> untold_;  // by process; at most kMaximumStacks
  ChangeBook changes_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_RUN_REPORTER_H_
