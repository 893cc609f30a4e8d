#include "tools/trace/process_table.h"

#include <algorithm>
#include <tuple>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxProcesses = 20'000;
constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxCommandColumns = 300;
constexpr size_t kMaxDepth = 64;

using Children =
    std::unordered_map<std::string, std::vector<std::pair<std::string, const ProcessNode*>>>;

// Walks with a stack of its own: a hostile trace can nest processes as deep as it likes.
struct Pending {
  size_t depth;
  std::string id;
  const ProcessNode* node;
  uint64_t more_siblings;
};

void PushChildren(const Children& children, const std::string& parent, size_t depth,
                  size_t max_children, std::vector<Pending>& stack) {
  const auto found = children.find(parent);
  if (found == children.end()) return;
  const auto& siblings = found->second;
  const size_t shown = std::min(siblings.size(), max_children);
  if (shown < siblings.size()) stack.push_back({depth, "", nullptr, siblings.size() - shown});
  for (size_t i = shown; i-- > 0;) {
    stack.push_back({depth, siblings[i].first, siblings[i].second, 0});
  }
}

}  // namespace

void ProcessTable::Add(const TraceRecord& record) {
  const std::string id(record.Text("process.entity_id").substr(0, kMaxIdBytes));
  if (id.empty()) return;
  auto found = nodes_.find(id);
  if (found == nodes_.end()) {
    if (nodes_.size() >= kMaxProcesses) {
      ++not_kept_;
      return;
    }
    found = nodes_.emplace(id, ProcessNode()).first;
  }
  ProcessNode& node = found->second;
  const std::string time(record.Text("@timestamp").substr(0, 40));
  if (node.first_time.empty() || time < node.first_time) node.first_time = time;
  node.pid = record.Number("process.pid", node.pid);
  if (const auto parent = record.Text("process.parent.entity_id"); !parent.empty()) {
    node.parent = std::string(parent.substr(0, kMaxIdBytes));
  }
  if (const std::string subject = SubjectText(record); !subject.empty()) {
    node.subject = Clip(subject, kMaxCommandColumns);
  }
  if (IsViolation(record)) ++node.violations;
  const std::string_view action = record.Text("event.action");
  if ((action == "process-exec" || action == "process-start") && !IsRefused(record)) {
    const std::string command = SafeCommand(record.List("process.args"));
    node.command = Clip(command.empty() ? SafeText(record.Text("process.executable")) : command,
                        kMaxCommandColumns);
  }
  if (action == "process-exit") {
    if (record.Find("process.exit_code")) node.exit_code = record.Number("process.exit_code", 0);
    if (record.Find("safe_trace.signal")) node.signal = record.Number("safe_trace.signal", 0);
  }
}

std::vector<ProcessRow> ProcessTable::Tree(size_t max_children, size_t max_rows) const {
  Children children;
  for (const auto& [id, node] : nodes_) {
    const bool has_parent = node.parent != id && nodes_.count(node.parent) > 0;
    children[has_parent ? node.parent : ""].emplace_back(id, &node);
  }
  for (auto& [parent, siblings] : children) {
    std::sort(siblings.begin(), siblings.end(), [](const auto& a, const auto& b) {
      return std::tie(a.second->first_time, a.first) < std::tie(b.second->first_time, b.first);
    });
  }
  std::vector<ProcessRow> rows;
  std::vector<Pending> stack;
  PushChildren(children, "", 0, max_children, stack);
  while (!stack.empty() && rows.size() < max_rows) {
    const Pending next = std::move(stack.back());
    stack.pop_back();
    rows.push_back({next.depth, next.node, next.more_siblings});
    if (next.node != nullptr && next.depth < kMaxDepth) {
      PushChildren(children, next.id, next.depth + 1, max_children, stack);
    }
  }
  return rows;
}

}  // namespace safe_trace
