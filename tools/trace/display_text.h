// Text of unknown origin made fit for a terminal.
#ifndef SAFE_TRACE_TOOLS_TRACE_DISPLAY_TEXT_H_
#define SAFE_TRACE_TOOLS_TRACE_DISPLAY_TEXT_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

// Controls and bytes that are not UTF-8 become \xHH; characters that hide or reorder text (bidi
// overrides, zero-width, line separators) become \u{HHHH}. What is left cannot steer a terminal.
std::string SafeText(std::string_view text);

// Arguments as one line, each made safe, quoted where that is needed to tell them apart.
std::string SafeCommand(const std::vector<std::string>& arguments);

// Columns that safe text takes.
size_t DisplayWidth(std::string_view safe_text);

// Cut to at most `columns`, with "…" where something is missing. 0: not cut.
std::string Clip(std::string_view safe_text, size_t columns);
// Clipped and then filled with spaces to exactly `columns`.
std::string Pad(std::string_view safe_text, size_t columns);

// What the output goes to.
struct Terminal {
  size_t columns = 0;  // 0: not a terminal, lines are not cut
  bool colours = false;
  size_t rows = 0;  // 0: not known
};
// COLUMNS, NO_COLOR and TERM=dumb count where `fd` is a terminal.
Terminal DetectTerminal(int fd, const std::map<std::string, std::string>& environment);

enum class Tint { kNone, kBold, kDim, kRed, kGreen, kYellow };
// The only place that writes an escape sequence.
std::string Tinted(const Terminal& terminal, Tint tint, std::string_view safe_text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_DISPLAY_TEXT_H_
