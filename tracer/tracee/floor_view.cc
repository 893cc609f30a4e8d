#include "tracer/tracee/floor_view.h"

#include "policy/lexical_path.h"

namespace safe_trace {

bool FloorView::Covers(const Domain& domain, std::string_view path, Access access) const {
  for (const Domain* at = &domain; at != nullptr; at = at->outer.get()) {
    if (!at->floor.Covers(path, access)) return false;
  }
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
