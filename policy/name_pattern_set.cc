#include "policy/name_pattern_set.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "policy/path_pattern.h"

namespace safe_trace {
namespace {

bool IsLiteral(char c) { return c != '*' && c != '?' && c != '[' && c != ']' && c != '\\'; }

bool IsExcepted(const NamePatternSet::Entry& entry, std::string_view name) {
  return std::any_of(entry.exceptions.begin(), entry.exceptions.end(),
                     [&](const std::string& glob) { return MatchesGlob(glob, name); });
}

}  // namespace

void NamePatternSet::Add(Entry entry) {
  if (entry.glob.empty() || entries_.size() >= UINT16_MAX) return;
  const auto index = static_cast<uint16_t>(entries_.size());
  entries_.push_back(std::move(entry));
  const std::string_view glob = entries_.back().glob;
  if (IsLiteral(glob.front())) {
    by_first_[static_cast<unsigned char>(glob.front())].push_back(index);
  } else if (IsLiteral(glob.back()) && glob.find('\\') == std::string_view::npos) {
    by_last_[static_cast<unsigned char>(glob.back())].push_back(index);
  } else {
    always_.push_back(index);
  }
}

const NamePatternSet::Entry* NamePatternSet::Find(std::string_view name) const {
  if (name.empty()) return nullptr;
  const Entry* found = nullptr;
  auto try_all = [&](const std::vector<uint16_t>& candidates) {
    for (uint16_t index : candidates) {
      const Entry& entry = entries_[index];
      if (found != nullptr && &entry > found) return;
      if (MatchesGlob(entry.glob, name) && !IsExcepted(entry, name)) found = &entry;
    }
  };
  try_all(by_first_[static_cast<unsigned char>(name.front())]);
  try_all(by_last_[static_cast<unsigned char>(name.back())]);
  try_all(always_);
  return found;
}

}  // namespace safe_trace
