// Text that a terminal can be trusted with, and small helpers for messages.
#ifndef SAFE_TRACE_LAUNCHER_TERMINAL_TEXT_H_
#define SAFE_TRACE_LAUNCHER_TERMINAL_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

// Escapes as \xHH what could fool a reader or drive a terminal: control characters (C0, DEL, C1),
// bytes that are not UTF-8, invisible and direction-changing code points. Other text, printable
// UTF-8 and backslashes included, is kept, so escaping twice changes nothing.
std::string EscapeForTerminal(std::string_view text);

// Escapes only the bytes that are not UTF-8.
std::string EscapeInvalidUtf8(std::string_view text);

// Escapes `text` and, where that is longer than `columns`, replaces the middle with "..." (one
// column per code point). Never cuts through an escape or a code point.
std::string EscapeAndShorten(std::string_view text, size_t columns);

// The number of code points in valid UTF-8.
size_t Columns(std::string_view utf8);

// `text` as one word of a POSIX shell: unchanged where that is safe, in single quotes otherwise.
std::string ShellQuote(std::string_view text);

// The candidate that is most like `word`, "" where none is near enough to be meant.
std::string NearestOf(std::string_view word, const std::vector<std::string>& candidates);

enum class Colour { kNone, kRed, kGreen, kYellow, kBold };
// `text` between escape sequences where `enabled`, else unchanged. `text` must be escaped already.
std::string Coloured(std::string_view text, Colour colour, bool enabled);
// True where `fd` is a terminal and neither NO_COLOR nor TERM=dumb asks for plain text.
bool WantsColour(int fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_TERMINAL_TEXT_H_
