// The processes of a run as its trace tells them, in bounded memory.
#ifndef SAFE_TRACE_TOOLS_TRACE_PROCESS_TABLE_H_
#define SAFE_TRACE_TOOLS_TRACE_PROCESS_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tracer/events/trace_record.h"

namespace safe_trace {

struct ProcessNode {
  std::string parent;      // entity id
  std::string first_time;  // of its first event; lines may be out of order by a little
  std::string subject;     // safe text
  std::string command;     // safe text, clipped
  int64_t pid = 0;
  uint64_t violations = 0;
  std::optional<int64_t> exit_code;
  std::optional<int64_t> signal;
};

// One line of the tree in display order.
struct ProcessRow {
  size_t depth = 0;
  const ProcessNode* node = nullptr;
  uint64_t more_siblings = 0;  // not null node: 0. Null node: so many siblings are left out here.
};

class ProcessTable {
 public:
  void Add(const TraceRecord& record);

  size_t size() const { return nodes_.size(); }
  uint64_t not_kept() const { return not_kept_; }
  // Depth first, siblings by time; at most `max_children` of each parent and `max_rows` in all.
  std::vector<ProcessRow> Tree(size_t max_children, size_t max_rows) const;

 private:
  std::unordered_map<std::string, ProcessNode> nodes_;  // by entity id
  uint64_t not_kept_ = 0;                               // events of processes beyond the bound
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_PROCESS_TABLE_H_
