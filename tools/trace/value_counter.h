// How often each value occurred, in bounded memory.
#ifndef SAFE_TRACE_TOOLS_TRACE_VALUE_COUNTER_H_
#define SAFE_TRACE_TOOLS_TRACE_VALUE_COUNTER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace safe_trace {

class ValueCounter {
 public:
  static constexpr size_t kMaxValues = 10'000;
  static constexpr size_t kMaxValueBytes = 1'024;  // longer ones are cut and end with "…"

  // The values of one event, each counted once; none: the event is without one.
  void AddEvent(std::vector<std::string> values);

  // Most frequent first, equal ones in the order of their bytes.
  std::vector<std::pair<std::string, uint64_t>> Sorted() const;
  uint64_t without() const { return without_; }
  // Occurrences of values beyond the first kMaxValues different ones.
  uint64_t not_counted() const { return not_counted_; }

 private:
  std::unordered_map<std::string, uint64_t> counts_;
  uint64_t without_ = 0;
  uint64_t not_counted_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_VALUE_COUNTER_H_
