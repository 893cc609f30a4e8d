#include "tracer/asking/answer.h"

#include <string>

namespace safe_trace {
namespace {

constexpr UserAnswer kAnswers[] = {UserAnswer::kOnce, UserAnswer::kRun, UserAnswer::kAlways,
                                   UserAnswer::kNever};

}  // namespace

std::string_view UserAnswerName(UserAnswer answer) {
  switch (answer) {
    case UserAnswer::kOnce:
      return "once";
    case UserAnswer::kRun:
      return "run";
    case UserAnswer::kAlways:
      return "always";
    case UserAnswer::kNever:
      return "never";
  }
  return "";
}

// Others than the user can take characters of an answer away (they share the terminal), not add
// any: no yes is what is left of a no.
std::optional<UserAnswer> ParseAnswer(std::string_view line) {
  std::string word;
  for (const char c : line) {
    if (c == ' ' || c == '\t') continue;
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const UserAnswer answer : kAnswers) {
    if (word == UserAnswerName(answer)) return answer;
  }
  if (word == "1") return UserAnswer::kOnce;
  if (word == "2") return UserAnswer::kRun;
  if (word == "3") return UserAnswer::kAlways;
  if (word == "4" || word == "n" || word == "no") return UserAnswer::kNever;
  return std::nullopt;
}

}  // namespace safe_trace
