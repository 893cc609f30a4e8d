// Text helpers on std::string_view. The distribution's Abseil is built with a string_view of its
// own, so absl::StrCat, StrSplit and their kin do not take the standard one.
#ifndef SAFE_TRACE_POLICY_TEXT_PARTS_H_
#define SAFE_TRACE_POLICY_TEXT_PARTS_H_

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

inline bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsAsciiLower(char c) { return c >= 'a' && c <= 'z'; }
inline bool IsAsciiUpper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool IsAsciiAlnum(char c) { return IsAsciiDigit(c) || IsAsciiLower(c) || IsAsciiUpper(c); }
inline bool IsAsciiGraphic(char c) { return c > ' ' && c < 0x7f; }
inline char AsciiLower(char c) { return IsAsciiUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
inline char AsciiUpper(char c) { return IsAsciiLower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

inline std::string_view ToText(std::string_view text) { return text; }
inline std::string ToText(std::integral auto number) { return std::to_string(number); }
inline std::string ToText(double number) {
  char buffer[32];
  const int length = std::snprintf(buffer, sizeof buffer, "%g", number);
  return std::string(buffer, static_cast<size_t>(length));
}

// The parts one after the other: text and numbers.
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  (out.append(ToText(parts)), ...);
  return out;
}

// At every `separator`; views into `text`.
inline std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

inline std::vector<std::string_view> SplitSkipEmpty(std::string_view text, char separator) {
  std::vector<std::string_view> parts = Split(text, separator);
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  return parts;
}

// Without blanks, tabs, carriage returns and newlines at the end, or at both ends.
inline std::string_view StripEnd(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n\f\v") + 1);
}
inline std::string_view Strip(std::string_view text) {
  text = StripEnd(text);
  const size_t begin = text.find_first_not_of(" \t\r\n\f\v");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

// Decimal digits only; nothing where `text` is not such a number or does not fit.
inline std::optional<uint64_t> ParseUnsigned(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_TEXT_PARTS_H_
