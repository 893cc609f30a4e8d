#include "policy/publishing.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "policy/path_pattern.h"
#include "policy/profile.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kShownWord = 32;  // bytes

using Words = std::vector<std::string>;

// Of a command like "npm publish" the words that have been met: bit n, the first n of them.
using Progress = uint64_t;

// "--json false": some managers take these words behind any option.
bool IsTruth(std::string_view word) { return word == "true" || word == "false" || word == "null"; }

// The word that completes `command`, null where the words from `begin` are another. A word behind
// an option that is not known to take no value may be its value or the command, so it is taken for
// both. What follows the first word that can be no value are arguments.
const std::string* FindCommand(const Words& arguments, size_t begin,
                               const std::vector<std::string_view>& command,
                               const Words& switches) {
  bool may_be_value = false;
  Progress met = 1;
  for (size_t i = begin; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with('-') || word.starts_with('+')) {  // cargo's "+nightly"
      const bool takes_none = word == "--" || word.front() != '-' ||
                              word.find('=') != std::string::npos ||
                              std::find(switches.begin(), switches.end(), word) != switches.end();
      const bool is_followed_by_truth = i + 1 < arguments.size() && IsTruth(arguments[i + 1]);
      may_be_value = !takes_none || (word != "--" && is_followed_by_truth);
      continue;
    }
    Progress next = may_be_value ? met : 0;
    for (size_t n = 0; n < command.size(); ++n) {
      if ((met >> n & 1) == 0 || !MatchesGlob(command[n], word)) continue;
      if (n + 1 == command.size()) return &word;
      next |= Progress{1} << (n + 1);
    }
    if (next == 0) return nullptr;
    met = next;
    may_be_value = false;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> PublishingCommand(const Words& arguments, std::string_view executable) {
  const auto find = [&](const Profile& profile, const std::vector<std::string_view>& command) {
    const size_t begin = ManagerWordsBegin(profile, arguments);
    const std::string* word = FindCommand(arguments, begin, command, profile.switches);
    return word == nullptr ? std::string()
                           : Cat(profile.name, " ", std::string_view(*word).substr(0, kShownWord));
  };
  for (const Profile& profile : ShippedProfileHeads()) {
    const bool is_started =
        !profile.publishes.empty() && StartsProgramOf(profile, arguments, executable);
    for (size_t i = 0; is_started && i < profile.publishes.size(); ++i) {
      std::string found = find(profile, SplitSkipEmpty(profile.publishes[i], ' '));
      if (!found.empty()) return found;
    }
    for (const std::string& publisher : profile.publishers) {
      std::vector<std::string_view> words = SplitSkipEmpty(publisher, ' ');
      Profile other;
      other.name = words.front();
      other.programs = other.modules = {other.name};
      words.erase(words.begin());
      if (!StartsProgramOf(other, arguments, executable)) continue;
      std::string found = find(other, words);
      if (!found.empty()) return found;
    }
  }
  return std::nullopt;
}

bool MayPublish(const Subject& subject) {
  return subject.role != Role::kPackage && !subject.downloaded;
}

Decision PublishingRefused() {
  static const Rule kRule{"package.publish",
                          "code that was installed or fetched does not change what a registry "
                          "offers"};
  return {Verdict::kKill, EACCES, &kRule, true, true};
}

}  // namespace safe_trace
