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
  return path == ".jsonl" || path == ".jsonl.zst" || !TraceSuffix(path).empty();
}

}  // namespace safe_trace
