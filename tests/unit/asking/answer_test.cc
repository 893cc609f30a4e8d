#include "tracer/asking/answer.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

TEST(ParseAnswer, TakesWordsAndTheirFirstLettersInAnyCase) {
  EXPECT_EQ(ParseAnswer("o"), UserAnswer::kOnce);
  EXPECT_EQ(ParseAnswer("  Run \t"), UserAnswer::kRun);
  EXPECT_EQ(ParseAnswer("ALWAYS"), UserAnswer::kAlways);
  EXPECT_EQ(ParseAnswer("n"), UserAnswer::kNever);
}

TEST(ParseAnswer, AnythingElseIsNoAnswer) {
  for (const char* line : {"", "y", "yes", "alway", "oo", "n!", "\x1b[A", "once more please x"}) {
    EXPECT_EQ(ParseAnswer(line), std::nullopt) << line;
  }
}

}  // namespace
}  // namespace safe_trace
