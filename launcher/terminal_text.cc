#include "launcher/terminal_text.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "launcher/concat.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

// Controls, invisible characters, and those that change the direction of the text around them.
bool IsDeceptive(uint32_t c) {
  const auto within = [c](uint32_t low, uint32_t high) { return c >= low && c <= high; };
  return IsControl(c) || c == 0xAD || c == 0x61C || c == 0x180E || within(0x200B, 0x200F) ||
         within(0x2028, 0x202E) || within(0x2060, 0x206F) || c == 0xFEFF ||
         within(0xFFF9, 0xFFFB) || within(0xE0000, 0xE007F);
}

// The pieces of the escaped text: a piece is never cut.
std::vector<std::string> EscapedPieces(std::string_view text, bool only_invalid = false) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const Utf8Char character = DecodeUtf8(text, 0);
    const size_t length = std::max<size_t>(character.length, 1);
    if (character.length == 0 || (!only_invalid && IsDeceptive(character.code_point))) {
      for (char c : text.substr(0, length)) {
        pieces.push_back(Concat("\\x", absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2)));
      }
    } else {
      pieces.emplace_back(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return pieces;
}

// Insertions, removals, replacements, and swaps of neighbours ("shwo") count one each.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string EscapeForTerminal(std::string_view text) {
  return absl::StrJoin(EscapedPieces(text), "");
}

std::string EscapeInvalidUtf8(std::string_view text) {
  return absl::StrJoin(EscapedPieces(text, /*only_invalid=*/true), "");
}

std::string EscapeAndShorten(std::string_view text, size_t columns) {
  // Work is bounded whatever the size: only the two ends can be shown.
  const size_t most = columns * 4;
  if (text.size() > 2 * most) {
    return EscapeAndShorten(Concat(text.substr(0, most), text.substr(text.size() - most)), columns);
  }
  const std::vector<std::string> pieces = EscapedPieces(text);
  size_t total = 0;
  for (const std::string& piece : pieces) total += Columns(piece);
  if (total <= columns) return absl::StrJoin(pieces, "");
  std::string shown;
  const size_t room = columns > 3 ? columns - 3 : 0;
  size_t used = 0;
  for (auto piece = pieces.begin(); used + Columns(*piece) <= room / 2; ++piece) {
    shown += *piece;
    used += Columns(*piece);
  }
  auto tail = pieces.end();
  while (used + Columns(*(tail - 1)) <= room) used += Columns(*--tail);
  shown += "...";
  for (; tail != pieces.end(); ++tail) shown += *tail;
  return shown;
}

size_t Columns(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string ShellQuote(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  return Concat("'", absl::StrReplaceAll(std::string(text), {{"'", "'\\''"}}), "'");
}

std::string NearestOf(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongest = 64;  // bounds the work; no name of ours is longer
  if (word.size() > kLongest) return "";
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(word, candidate);
    const bool is_beginning = word.size() >= 5 && candidate.starts_with(word);
    if (is_beginning) distance = std::min<size_t>(distance, 1);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string Coloured(std::string_view text, Colour colour, bool enabled) {
  if (!enabled || colour == Colour::kNone) return std::string(text);
  const char* code = colour == Colour::kRed      ? "31"
                     : colour == Colour::kGreen  ? "32"
                     : colour == Colour::kYellow ? "33"
                                                 : "1";
  return Concat("\x1b[", code, "m", text, "\x1b[0m");
}

bool WantsColour(int fd) {
  const char* no_colour = getenv("NO_COLOR");
  const char* terminal = getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return isatty(fd) == 1;
}

}  // namespace safe_trace
