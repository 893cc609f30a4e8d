#include "policy/publishing.h"

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

// The word that completes `command`, null where the words from `begin` are another. Which options
// take a value is the manager's business: a word behind an option may be its value or the command,
// so it is taken for both. What follows the first word that can be no value are arguments.
const std::string* FindCommand(const Words& arguments, size_t begin,
                               const std::vector<std::string_view>& command) {
  bool may_be_value = false;
  Progress met = 1;
  for (size_t i = begin; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with('-') || word.starts_with('+')) {  // cargo's "+nightly"
      may_be_value = word != "--" && word.front() == '-' && word.find('=') == std::string::npos;
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
    const std::string* word = FindCommand(arguments, begin, command);
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
