#include "tracer/stacks/node_frames.h"

#include <algorithm>

namespace safe_trace {
namespace {

constexpr size_t kMaximumNodeFrames = 32;

// Cuts the first line off `text`.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

std::string NodePackageOf(std::string_view file) {
  constexpr std::string_view kModules = "/node_modules/";
  const size_t at = file.rfind(kModules);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = file.substr(at + kModules.size());
  size_t end = rest.find('/');
  if (rest.starts_with('@') && end != std::string_view::npos) end = rest.find('/', end + 1);
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

NodeFrames ParseNodeFrames(std::string_view text) {
  NodeFrames parsed;
  parsed.about = std::string(TakeLine(text));
  for (size_t count = 0; !text.empty() && count < kMaximumNodeFrames; ++count) {
    const std::string_view line = TakeLine(text);
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view location = line.substr(tab + 1);
    parsed.frames.Add("node", std::string(location), std::string(line.substr(0, tab)),
                      NodePackageOf(location), "");
  }
  return parsed;
}

}  // namespace safe_trace
