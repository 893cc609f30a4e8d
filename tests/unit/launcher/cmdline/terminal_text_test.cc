#include "launcher/terminal_text.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

TEST(TerminalTextTest, ControlAndBrokenBytesAreEscaped) {
  EXPECT_EQ(EscapeForTerminal("a\x1b[31mb\n\t\x7f"), "a\\x1b[31mb\\x0a\\x09\\x7f");
  EXPECT_EQ(EscapeForTerminal(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(EscapeForTerminal("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");
  // U+009B is an escape sequence's beginning to some terminals.
  EXPECT_EQ(EscapeForTerminal("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(TerminalTextTest, DeceptiveCodePointsAreEscaped) {
  EXPECT_EQ(EscapeForTerminal("txt.\xe2\x80\xaegnp"), "txt.\\xe2\\x80\\xaegnp");  // U+202E
  EXPECT_EQ(EscapeForTerminal("pa\xe2\x80\x8bss"), "pa\\xe2\\x80\\x8bss");        // U+200B
  EXPECT_EQ(EscapeForTerminal("\xef\xbb\xbf"), "\\xef\\xbb\\xbf");
}

TEST(TerminalTextTest, PrintableTextIsKept) {
  EXPECT_EQ(EscapeForTerminal("~/Größe \\ 日本"), "~/Größe \\ 日本");
  EXPECT_EQ(EscapeForTerminal(EscapeForTerminal("\x01")), "\\x01");
}

TEST(TerminalTextTest, ShorteningKeepsBothEndsAndCutsNoPiece) {
  EXPECT_EQ(EscapeAndShorten("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(EscapeAndShorten("abcdefghijk", 9), "abc...ijk");
  for (size_t columns = 8; columns < 40; ++columns) {
    const std::string shown = EscapeAndShorten(std::string(30, '\x01'), columns);
    EXPECT_LE(shown.size(), columns);
    EXPECT_EQ((shown.size() - 3) % 4, 0U) << shown;
    EXPECT_LE(Columns(EscapeAndShorten("日本日本日本日本日本日本日本日本日本日本", columns)),
              columns);
  }
}

TEST(TerminalTextTest, ShorteningAHugeTextIsQuick) {
  const std::string huge(50 * 1000 * 1000, 'x');
  EXPECT_EQ(EscapeAndShorten(huge, 100).size(), 100U);
}

TEST(TerminalTextTest, QuotedTextIsOneShellWord) {
  EXPECT_EQ(ShellQuote("/a/b-c_1.0@x"), "/a/b-c_1.0@x");
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("$(x)"), "'$(x)'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
}

TEST(TerminalTextTest, NearestIsNearOrNothing) {
  const std::vector<std::string> known = {"--allow-host", "--allow-read", "--offline"};
  EXPECT_EQ(NearestOf("--allow-hsot", known), "--allow-host");
  EXPECT_EQ(NearestOf("--alow-read", known), "--allow-read");
  EXPECT_EQ(NearestOf("--off", known), "--offline");
  EXPECT_EQ(NearestOf("--upgrade", known), "");
  EXPECT_EQ(NearestOf(std::string(1000000, 'x'), known), "");
}

}  // namespace
}  // namespace safe_trace
