#include "tools/trace/display_text.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

TEST(DisplayTextTest, TextThatCannotSteerATerminalIsKept) {
  EXPECT_EQ(SafeText("/tmp/jalapeño 文件 \\x41"), "/tmp/jalapeño 文件 \\x41");
}

TEST(DisplayTextTest, ControlsAndInvalidBytesBecomeHex) {
  EXPECT_EQ(SafeText("a\x1b[2J\n\x7f\xff"), "a\\x1b[2J\\x0a\\x7f\\xff");
  EXPECT_EQ(SafeText("\xc2\x9b"
                     "31m"),
            "\\xc2\\x9b31m");  // C1: CSI in one character
  EXPECT_EQ(SafeText(std::string_view("\0", 1)), "\\x00");
}

TEST(DisplayTextTest, CharactersThatHideOrReorderTextAreShownAsCodes) {
  EXPECT_EQ(SafeText("a\u202eb"), "a\\u{202e}b");
  EXPECT_EQ(SafeText("a\u200bb\ufeff"), "a\\u{200b}b\\u{feff}");
  EXPECT_EQ(SafeText("\u2028"), "\\u{2028}");
  EXPECT_EQ(SafeText("\u2066"), "\\u{2066}");
}

TEST(DisplayTextTest, NoRandomBytesEverGiveAControl) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 32; ++i) text.push_back(static_cast<char>(random()));
    const std::string safe = SafeText(text);
    for (size_t at = 0; at < safe.size();) {
      const Utf8Char character = DecodeUtf8(safe, at);
      ASSERT_GT(character.length, 0u);
      ASSERT_FALSE(IsControl(character.code_point));
      at += character.length;
    }
  }
}

TEST(DisplayTextTest, ClipKeepsWithinColumnsAndSaysThatItCut) {
  EXPECT_EQ(Clip("short", 10), "short");
  EXPECT_EQ(Clip("0123456789", 5), "0123…");
  EXPECT_EQ(DisplayWidth(Clip("文件文件文件", 6)), 5u);  // a wide character is not halved
  EXPECT_EQ(Clip("uncut", 0), "uncut");
  EXPECT_EQ(Pad("ab", 4), "ab  ");
}

TEST(DisplayTextTest, ArgumentsAreToldApart) {
  EXPECT_EQ(SafeCommand({"sh", "-c", "a b", "", "it's"}), "sh -c 'a b' '' 'it's'");
  EXPECT_EQ(SafeCommand({"x\x1b]0;t\x07"}), "x\\x1b]0;t\\x07");
}

TEST(DisplayTextTest, OnlyAColourTerminalGetsEscapeSequences) {
  EXPECT_EQ(Tinted({}, Tint::kRed, "x"), "x");
  EXPECT_EQ(Tinted({80, true}, Tint::kRed, "x"), "\x1b[31mx\x1b[0m");
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  EXPECT_FALSE(DetectTerminal(pipe_ends[1], {{"TERM", "xterm"}}).colours);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

}  // namespace
}  // namespace safe_trace
