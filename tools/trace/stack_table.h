// The call stacks of a run's violations, as far as there is room. Bounded.
#ifndef SAFE_TRACE_TOOLS_TRACE_STACK_TABLE_H_
#define SAFE_TRACE_TOOLS_TRACE_STACK_TABLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tracer/events/trace_record.h"

namespace safe_trace {

// All texts are safe to show (display_text.h).
struct StackFrame {
  std::string source;  // "python", "native", "node"
  std::string location;
  std::string function;
  std::string package;
};

class StackTable {
 public:
  static constexpr size_t kMaxStacks = 256;  // as many as a run writes
  static constexpr size_t kMaxFrames = 128;
  static constexpr size_t kMaxColumns = 400;
  static constexpr size_t kMaxBytes = size_t{4} << 20;  // of all frames together

  // Passes over what is not an event "stack".
  void Add(const TraceRecord& record);
  // Null where no stack of that number was kept.
  const std::vector<StackFrame>* Find(int64_t id) const;
  const std::map<int64_t, std::vector<StackFrame>>& stacks() const { return stacks_; }

 private:
  std::map<int64_t, std::vector<StackFrame>> stacks_;
  size_t bytes_ = 0;
};

// The frames that say most in few words, the innermost first: those of an interpreter, else those
// that are not of the C library or of a language's own, by function, or by module and offset where
// there is no symbol. "inner app.py:3 < outer app.py:8"; "" where there are no frames.
std::string StackInShort(const std::vector<StackFrame>& frames);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_STACK_TABLE_H_
