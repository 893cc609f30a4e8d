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

std::optional<UserAnswer> ParseAnswer(std::string_view line) {
  std::string word;
  for (const char c : line) {
    if (c == ' ' || c == '\t') continue;
    word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const UserAnswer answer : kAnswers) {
    const std::string_view name = UserAnswerName(answer);
    if (word == name || (word.size() == 1 && word[0] == name[0])) return answer;
  }
  return std::nullopt;
}

}  // namespace safe_trace
