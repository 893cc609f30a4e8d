// Globs on base names, compiled: asked on every open.
#ifndef SAFE_TRACE_POLICY_NAME_PATTERN_SET_H_
#define SAFE_TRACE_POLICY_NAME_PATTERN_SET_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.h"

namespace safe_trace {

// Immutable once filled. Most names are turned away by their first and last byte alone.
class NamePatternSet {
 public:
  struct Entry {
    std::string glob;
    const Rule* rule = nullptr;
    bool is_own = false;                  // belongs to the manager that is run
    std::vector<std::string> exceptions;  // globs that undo this match: "*.pub"
  };

  void Add(Entry entry);
  // The first entry that matches, in the order added; null where none does.
  const Entry* Find(std::string_view name) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  // Candidates by the first byte where it is literal, else by the last, else tried always.
  std::array<std::vector<uint16_t>, 256> by_first_;
  std::array<std::vector<uint16_t>, 256> by_last_;
  std::vector<uint16_t> always_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_NAME_PATTERN_SET_H_
