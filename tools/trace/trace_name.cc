#include "tools/trace/trace_name.h"

namespace safe_trace {

std::string_view TraceSuffix(std::string_view name) {
  for (const std::string_view suffix : {".jsonl", ".jsonl.zst"}) {
    if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) {
      return suffix;
    }
  }
  return "";
}

bool LooksLikeTraceName(std::string_view path) {
  constexpr std::string_view kCompressed = ".zst";
  const bool is_compressed = path.size() >= kCompressed.size() &&
                             path.substr(path.size() - kCompressed.size()) == kCompressed;
  return is_compressed || path == ".jsonl" || !TraceSuffix(path).empty();
}

}  // namespace safe_trace
