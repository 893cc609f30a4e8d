#include "tools/trace/json_output.h"

#include "tools/trace/display_text.h"
#include "tracer/events/json_line.h"

namespace safe_trace {

std::string JsonText(std::string_view text) {
  std::string json;
  if (AppendJsonString(text, TextMode::kPlain, json)) return json;
  json.clear();
  // Cannot fail: safe text is valid UTF-8 without controls.
  (void)AppendJsonString(SafeText(text), TextMode::kPlain, json);
  return json;
}

std::string JsonLineForOutput(std::string_view line) {
  std::string out;
  out.reserve(line.size());
  for (size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const auto next = static_cast<unsigned char>(i + 1 < line.size() ? line[i + 1] : 0);
    if (byte == 0x7f) {
      out.append("\\u007f");
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out.append("\\u00").append(1, kDigits[next >> 4]).append(1, kDigits[next & 0xf]);
      ++i;
    } else {
      out.push_back(line[i]);
    }
  }
  return out;
}

}  // namespace safe_trace
