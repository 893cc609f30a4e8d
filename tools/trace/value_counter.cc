#include "tools/trace/value_counter.h"

#include <algorithm>

namespace safe_trace {

void ValueCounter::AddEvent(std::vector<std::string> values) {
  if (values.empty()) ++without_;
  for (std::string& value : values) {
    if (value.size() > kMaxValueBytes) value = value.substr(0, kMaxValueBytes) + "…";
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  for (std::string& value : values) {
    const auto found = counts_.find(value);
    if (found != counts_.end()) {
      ++found->second;
    } else if (counts_.size() < kMaxValues) {
      counts_.emplace(std::move(value), 1);
    } else {
      ++not_counted_;
    }
  }
}

std::vector<std::pair<std::string, uint64_t>> ValueCounter::Sorted() const {
  std::vector<std::pair<std::string, uint64_t>> sorted(counts_.begin(), counts_.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

}  // namespace safe_trace
