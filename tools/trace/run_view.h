// What `show` tells of a run, gathered in one pass over its trace.
#ifndef SAFE_TRACE_TOOLS_TRACE_RUN_VIEW_H_
#define SAFE_TRACE_TOOLS_TRACE_RUN_VIEW_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/trace/process_table.h"
#include "tools/trace/stack_table.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {

// Equal lines are shown once with their number. Bounded: what is over is only counted.
class LineCounter {
 public:
  struct Line {
    std::string clock;  // of the first
    std::string text;   // safe
    std::string note;   // safe; what was decided
    uint64_t count = 0;
    int64_t stack = 0;  // number of the first one's call stack; 0: none
  };
  // `total` above 0: the line stands for so many, counting those already added.
  void Add(std::string clock, std::string text, std::string note, uint64_t total,
           int64_t stack = 0);
  const std::vector<Line>& lines() const { return lines_; }
  uint64_t not_kept() const { return not_kept_; }
  // All that was added, repetitions included.
  uint64_t total() const;

 private:
  std::vector<Line> lines_;
  std::unordered_map<std::string, size_t> index_;
  uint64_t not_kept_ = 0;
};

struct RunView {
  std::optional<TraceRecord> header;
  std::optional<TraceRecord> summary;
  TraceCheck check;
  bool is_being_written = false;
  ProcessTable processes;
  LineCounter violations;
  LineCounter network;
  LineCounter changes;
  StackTable stacks;
  std::set<std::string> removed_variables;  // safe text
  uint64_t events = 0;
  uint64_t refused = 0;
  uint64_t unreadable_lines = 0;
};

// `also`, where there is one, sees every record in the same pass.
absl::StatusOr<RunView> LoadRun(TraceLogReader& reader,
                                const std::function<void(const TraceRecord& record)>& also = {});

// Calls `use` with every line that is one of a trace, and checks their chain.
absl::StatusOr<TraceCheck> ForEachRecord(
    TraceLogReader& reader,
    const std::function<void(std::string_view line, const TraceRecord& record)>& use);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_RUN_VIEW_H_
