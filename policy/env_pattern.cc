#include "policy/env_pattern.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "policy/text_parts.h"

namespace safe_trace {
namespace {

bool IsComponentByte(char c) { return IsAsciiAlnum(c) || static_cast<unsigned char>(c) > 0x7f; }

// The components of a variable's name, in upper case.
std::vector<std::string> Components(std::string_view name) {
  std::vector<std::string> parts;
  bool inside = false;
  char before = '\0';
  for (char c : name) {
    const bool camel = IsAsciiLower(before) && IsAsciiUpper(c);
    if (!IsComponentByte(c)) {
      inside = false;
    } else {
      if (!inside || camel) parts.emplace_back();
      parts.back().push_back(AsciiUpper(c));
      inside = true;
    }
    before = c;
  }
  return parts;
}

std::vector<std::string> PatternComponents(std::string_view pattern) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    const size_t end = std::min(pattern.find('_'), pattern.size());
    const std::string_view part = pattern.substr(0, end);
    if (part == "*") {
      parts.emplace_back("*");
    } else {
      // A name written in a pattern is split as a variable's name is.
      for (std::string& piece : Components(part)) parts.push_back(std::move(piece));
    }
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return parts;
}

std::string_view WithoutDigits(std::string_view text) {
  const size_t last = text.find_last_not_of("0123456789");
  // A component of digits only stays as it is.
  return last == std::string_view::npos ? text : text.substr(0, last + 1);
}

bool ComponentMatches(const std::string& wanted, const std::string& given) {
  return wanted == given || wanted == WithoutDigits(given);
}

bool MatchComponents(const std::vector<std::string>& pattern,
                     const std::vector<std::string>& name) {
  size_t p = 0;
  size_t n = 0;
  std::optional<std::pair<size_t, size_t>> star;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == "*") {
      star = {++p, n};
    } else if (p < pattern.size() && ComponentMatches(pattern[p], name[n])) {
      ++p;
      ++n;
    } else if (star) {
      p = star->first;
      n = ++star->second;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == "*") ++p;
  return p == pattern.size() && !pattern.empty();
}

}  // namespace

bool MatchesVariable(std::string_view pattern, std::string_view name) {
  return MatchComponents(PatternComponents(pattern), Components(name));
}

VariablePatternSet::VariablePatternSet(const std::vector<std::string>& patterns) {
  for (size_t i = 0; i < patterns.size(); ++i) {
    Compiled compiled{PatternComponents(patterns[i]), static_cast<int>(i)};
    if (compiled.components.empty()) continue;
    const std::string first = compiled.components.front();
    if (first == "*") {
      anywhere_.push_back(std::move(compiled));
    } else {
      by_first_[first].push_back(std::move(compiled));
    }
  }
}

int VariablePatternSet::Find(std::string_view name) const {
  const std::vector<std::string> components = Components(name);
  if (components.empty()) return -1;
  int best = -1;
  const auto consider = [&](const std::vector<Compiled>& list) {
    for (const Compiled& compiled : list) {
      if (best >= 0 && compiled.index > best) continue;
      if (MatchComponents(compiled.components, components)) best = compiled.index;
    }
  };
  consider(anywhere_);
  const std::string& first = components.front();
  const std::string bare(WithoutDigits(first));
  for (const std::string& key : {first, bare}) {
    if (auto it = by_first_.find(key); it != by_first_.end()) consider(it->second);
  }
  return best;
}

}  // namespace safe_trace
