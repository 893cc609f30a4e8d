#include "tools/trace/stack_table.h"

#include <algorithm>
#include <utility>

#include "tools/trace/display_text.h"

namespace safe_trace {
namespace {

constexpr size_t kShortFrames = 4;

std::string ItemAt(const std::vector<std::string>& list, size_t index) {
  return index < list.size() ? Clip(SafeText(list[index]), StackTable::kMaxColumns) : "";
}

bool IsCLibrary(const StackFrame& frame) {
  const size_t slash = frame.location.rfind('/');
  const std::string name =
      slash == std::string::npos ? frame.location : frame.location.substr(slash + 1);
  return name.starts_with("libc.so") || name.starts_with("libpthread") ||
         name.starts_with("ld-linux") || name.starts_with("libsafe-trace-shim");
}

std::string InShort(const StackFrame& frame) {
  if (frame.source != "native") {
    std::string text = frame.function + " " + frame.location;
    if (!frame.package.empty()) text += " (" + frame.package + ")";
    return text;
  }
  return frame.function.substr(0, frame.function.rfind("+0x"));
}

}  // namespace

void StackTable::Add(const TraceRecord& record) {
  if (record.Text("event.action") != "stack") return;
  const int64_t id = record.Number("safe_trace.stack.id", 0);
  if (stacks_.size() >= kMaxStacks && !stacks_.contains(id)) return;
  const std::vector<std::string>& sources = record.List("safe_trace.stack.source");
  const std::vector<std::string>& locations = record.List("safe_trace.stack.location");
  const std::vector<std::string>& functions = record.List("safe_trace.stack.function");
  const std::vector<std::string>& packages = record.List("safe_trace.stack.package");
  // What a language tells may come in an event of its own, before or after.
  std::vector<StackFrame>& known = stacks_[id];
  std::vector<StackFrame> frames;
  size_t bytes = 0;
  for (size_t i = 0; i < locations.size() && known.size() + i < kMaxFrames; ++i) {
    frames.push_back(
        {ItemAt(sources, i), ItemAt(locations, i), ItemAt(functions, i), ItemAt(packages, i)});
    const StackFrame& frame = frames.back();
    bytes +=
        frame.source.size() + frame.location.size() + frame.function.size() + frame.package.size();
  }
  if (bytes_ + bytes > kMaxBytes) return;
  bytes_ += bytes;
  const bool is_language = !frames.empty() && frames.front().source != "native";
  known.insert(is_language ? known.begin() : known.end(), frames.begin(), frames.end());
}

const std::vector<StackFrame>* StackTable::Find(int64_t id) const {
  const auto found = stacks_.find(id);
  return found == stacks_.end() ? nullptr : &found->second;
}

std::string StackInShort(const std::vector<StackFrame>& frames) {
  const bool has_language = std::any_of(frames.begin(), frames.end(), [](const StackFrame& frame) {
    return frame.source != "native";
  });
  std::string text;
  size_t shown = 0;
  for (const StackFrame& frame : frames) {
    const bool is_native = frame.source == "native";
    if (is_native && (has_language || frame.function.empty() || IsCLibrary(frame))) continue;
    if (shown++ == kShortFrames) return text + " < ...";
    text += (text.empty() ? "" : " < ") + InShort(frame);
  }
  return text;
}

}  // namespace safe_trace
