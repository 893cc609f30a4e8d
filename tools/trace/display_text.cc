#include "tools/trace/display_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};

template <size_t N>
bool IsIn(const std::array<Range, N>& ranges, uint32_t code_point) {
  return std::any_of(ranges.begin(), ranges.end(), [code_point](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

// Characters without a picture of their own, which could hide or reorder what stands around them.
constexpr std::array<Range, 12> kDeceptive = {{{0xad, 0xad},
                                               {0x61c, 0x61c},
                                               {0x180e, 0x180e},
                                               {0x200b, 0x200f},
                                               {0x2028, 0x202e},
                                               {0x2060, 0x206f},
                                               {0xfe00, 0xfe0f},
                                               {0xfeff, 0xfeff},
                                               {0xfff9, 0xfffb},
                                               {0x1d173, 0x1d17a},
                                               {0xe0000, 0xe0fff},
                                               {0x10fffe, 0x10ffff}}};
// East Asian wide characters and emoji, near enough for columns.
constexpr std::array<Range, 8> kWide = {{{0x1100, 0x115f},
                                         {0x2e80, 0x303e},
                                         {0x3041, 0xa4cf},
                                         {0xac00, 0xd7a3},
                                         {0xf900, 0xfaff},
                                         {0xfe30, 0xff60},
                                         {0x1f300, 0x1faff},
                                         {0x20000, 0x3fffd}}};
constexpr std::array<Range, 5> kCombining = {
    {{0x300, 0x36f}, {0x483, 0x489}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f}}};

size_t WidthOf(uint32_t code_point) {
  if (code_point < 0x300) return 1;
  if (IsIn(kCombining, code_point)) return 0;
  return IsIn(kWide, code_point) ? 2 : 1;
}

void AppendHex(std::string& out, const char* format, uint32_t value) {
  std::array<char, 16> text;
  const int length = std::snprintf(text.data(), text.size(), format, value);
  out.append(text.data(), static_cast<size_t>(length));
}

size_t AppendSafe(std::string_view text, size_t at, std::string& out) {
  const Utf8Char character = DecodeUtf8(text, at);
  if (character.length == 0 || IsControl(character.code_point)) {
    const size_t length = std::max<size_t>(character.length, 1);
    for (size_t i = 0; i < length; ++i) {
      AppendHex(out, "\\x%02x", static_cast<unsigned char>(text[at + i]));
    }
    return length;
  }
  if (IsIn(kDeceptive, character.code_point)) {
    AppendHex(out, "\\u{%x}", character.code_point);
  } else {
    out.append(text.substr(at, character.length));
  }
  return character.length;
}

std::string QuotedArgument(const std::string& argument) {
  const bool needs_quotes = argument.empty() || argument.find_first_of(" '\"") != std::string::npos;
  const std::string safe = SafeText(argument);
  return needs_quotes ? "'" + safe + "'" : safe;
}

std::string_view TintCode(Tint tint) {
  switch (tint) {
    case Tint::kBold:
      return "1";
    case Tint::kDim:
      return "2";
    case Tint::kRed:
      return "31";
    case Tint::kGreen:
      return "32";
    case Tint::kYellow:
      return "33";
    case Tint::kNone:
      break;
  }
  return "";
}

}  // namespace

std::string SafeText(std::string_view text) {
  if (IsPrintableAscii(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) at += AppendSafe(text, at, out);
  return out;
}

std::string SafeCommand(const std::vector<std::string>& arguments) {
  std::string out;
  for (const std::string& argument : arguments) {
    if (!out.empty()) out.push_back(' ');
    out.append(QuotedArgument(argument));
  }
  return out;
}

size_t DisplayWidth(std::string_view safe_text) {
  if (IsPrintableAscii(safe_text)) return safe_text.size();
  size_t width = 0;
  for (size_t at = 0; at < safe_text.size();) {
    const Utf8Char character = DecodeUtf8(safe_text, at);
    width += WidthOf(character.code_point);
    at += std::max<size_t>(character.length, 1);
  }
  return width;
}

std::string Clip(std::string_view safe_text, size_t columns) {
  if (columns == 0 || DisplayWidth(safe_text) <= columns) return std::string(safe_text);
  size_t width = 0;
  size_t at = 0;
  while (at < safe_text.size()) {
    const Utf8Char character = DecodeUtf8(safe_text, at);
    width += WidthOf(character.code_point);
    if (width + 1 > columns) break;
    at += std::max<size_t>(character.length, 1);
  }
  return std::string(safe_text.substr(0, at)) + "…";
}

std::string Pad(std::string_view safe_text, size_t columns) {
  std::string out = Clip(safe_text, columns);
  const size_t width = DisplayWidth(out);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

Terminal DetectTerminal(int fd, const std::map<std::string, std::string>& environment) {
  if (isatty(fd) != 1) return {};
  const auto value = [&environment](const char* name) {
    const auto it = environment.find(name);
    return it == environment.end() ? std::string() : it->second;
  };
  Terminal terminal;
  terminal.colours = value("NO_COLOR").empty() && value("TERM") != "dumb";
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
  }
  const long wanted = std::strtol(value("COLUMNS").c_str(), nullptr, 10);
  if (wanted > 0 && wanted < 10'000) terminal.columns = static_cast<size_t>(wanted);
  if (terminal.columns == 0) terminal.columns = 80;
  terminal.columns = std::max<size_t>(terminal.columns, 40);
  return terminal;
}

std::string Tinted(const Terminal& terminal, Tint tint, std::string_view safe_text) {
  if (!terminal.colours || tint == Tint::kNone || safe_text.empty()) return std::string(safe_text);
  return std::string("\x1b[")
      .append(TintCode(tint))
      .append("m")
      .append(safe_text)
      .append("\x1b[0m");
}

}  // namespace safe_trace
