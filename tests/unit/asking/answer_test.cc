#include "tracer/asking/answer.h"

#include <gtest/gtest.h>

#include <string>

namespace safe_trace {
namespace {

TEST(ParseAnswer, TakesNumbersAndWords) {
  EXPECT_EQ(ParseAnswer("1"), UserAnswer::kOnce);
  EXPECT_EQ(ParseAnswer(" once\t"), UserAnswer::kOnce);
  EXPECT_EQ(ParseAnswer("2"), UserAnswer::kRun);
  EXPECT_EQ(ParseAnswer("Run"), UserAnswer::kRun);
  EXPECT_EQ(ParseAnswer("3"), UserAnswer::kAlways);
  EXPECT_EQ(ParseAnswer("ALWAYS"), UserAnswer::kAlways);
  for (const char* no : {"4", "n", "no", "never", "NO"}) {
    EXPECT_EQ(ParseAnswer(no), UserAnswer::kNever) << no;
  }
}

TEST(ParseAnswer, AnythingElseIsNoAnswer) {
  for (const char* line : {"", "y", "o", "r", "a", "alway", "11", "n!", "\x1b[A", "once more"}) {
    EXPECT_EQ(ParseAnswer(line), std::nullopt) << line;
  }
}

// Programs on the same terminal can steal characters, and make one of them erase.
TEST(ParseAnswer, NoYesIsWhatIsLeftOfANo) {
  for (const std::string no : {"4", "n", "no", "never", "Never", "NO"}) {
    for (unsigned kept = 0; kept < 1U << no.size(); ++kept) {
      std::string left;
      for (size_t i = 0; i < no.size(); ++i) {
        if ((kept >> i & 1) != 0) left += no[i];
      }
      const auto answer = ParseAnswer(left);
      EXPECT_TRUE(!answer.has_value() || answer == UserAnswer::kNever) << no << " to " << left;
    }
  }
}

}  // namespace
}  // namespace safe_trace
