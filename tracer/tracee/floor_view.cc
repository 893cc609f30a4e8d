#include "tracer/tracee/floor_view.h"

#include "policy/lexical_path.h"

namespace safe_trace {

bool FloorView::Covers(const Domain& domain, std::string_view path, Access access) const {
  if (!domain.floor.Covers(path, access)) return false;
  if (replaced_.empty()) return true;
  if (replaced_.size() >= kMaximumReplaced) return false;
  for (std::string_view at = path; at.size() > 1; at = ParentPath(at)) {
    if (replaced_.contains(std::string(at))) return false;
  }
  return true;
}

void FloorView::NoteReplaced(const std::string& path) {
  if (replaced_.size() < kMaximumReplaced) replaced_.insert(path);
}

}  // namespace safe_trace
