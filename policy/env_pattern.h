// Patterns on the names of environment variables. Pure.
//
// A name is split into components: at every byte that is not a letter, digit or above 0x7f, and
// where a lower-case letter is followed by an upper-case one. Empty components do not count, case
// does not count: "GITHUB_TOKEN" is GITHUB TOKEN, "npm_config_//r.example/:_authToken" is NPM
// CONFIG R EXAMPLE AUTH TOKEN, and "MONKEY" is one component that holds no KEY.
//
// A pattern is written in components separated by '_':
//   *      as a whole component: zero or more components
//   NAME   one equal component; digits at the end of the variable's are ignored where the pattern
//          has none (TOKEN matches TOKEN2)
// So "*_TOKEN" is every name that ends in the component TOKEN, TOKEN itself too; "*_API_KEY_*" has
// API and KEY one after the other anywhere; "PIP_*" begins with PIP; "PGPASSWORD" is that name.
#ifndef SAFE_TRACE_POLICY_ENV_PATTERN_H_
#define SAFE_TRACE_POLICY_ENV_PATTERN_H_

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace safe_trace {

bool MatchesVariable(std::string_view pattern, std::string_view name);

// Many patterns, compiled once. Immutable.
class VariablePatternSet {
 public:
  VariablePatternSet() = default;
  explicit VariablePatternSet(const std::vector<std::string>& patterns);

  // The index of the first pattern, in the order given, that matches; -1 where none does.
  int Find(std::string_view name) const;

 private:
  struct Compiled {
    std::vector<std::string> components;  // upper case; "*" as written
    int index;
  };
  std::vector<Compiled> anywhere_;  // begin with "*"
  // Those that begin with a literal component, by that component.
  std::unordered_map<std::string, std::vector<Compiled>> by_first_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_ENV_PATTERN_H_
