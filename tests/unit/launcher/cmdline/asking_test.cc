#include "launcher/asking.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace safe_trace {
namespace {

TEST(PromptText, SaysWhoWantsWhatAndWhatAYesMeans) {
  const std::string text = PromptText("evil@1.0 (npm) (node)", "look up host.example",
                                      "--grant evil@1.0=host.example", std::chrono::seconds(60));
  EXPECT_NE(text.find("evil@1.0 (npm) (node) wants to look up host.example\n"), std::string::npos);
  EXPECT_NE(text.find("a yes means --grant evil@1.0=host.example\n"), std::string::npos);
  EXPECT_NE(text.find("no answer in 60 s is a no"), std::string::npos);
}

TEST(PromptText, SaysBeforehandThatAlwaysCannotBeWrittenDown) {
  const std::string text =
      PromptText("left-pad@1.0", "look up host.example", "--grant left-pad@1.0=host.example",
                 std::chrono::seconds(60), absl::InvalidArgumentError("a\nreason"));
  EXPECT_NE(text.find("\n            always cannot be written down: a"), std::string::npos);
  EXPECT_EQ(text.find("\nreason"), std::string::npos);
}

// The name of a package is its author's choice.
TEST(PromptText, CannotBeForgedOrHidden) {
  const std::string text =
      PromptText("a\n\x1b[2J\xe2\x80\xae wants nothing", std::string(5000, 'x'), "--grant \r=y",
                 std::chrono::seconds(60));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_LT(text.size(), 1500U);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

}  // namespace
}  // namespace safe_trace
