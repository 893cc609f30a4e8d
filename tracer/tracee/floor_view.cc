#include "tracer/tracee/floor_view.h"

#include "policy/lexical_path.h"

namespace safe_trace {

bool FloorView::Covers(const Domain& domain, std::string_view path, Access access) const {
  if (replaced_.size() >= kMaximumReplaced) return false;
  // Rules above what was replaced still hold for all that lies beneath them.
  std::string_view covered = path;
  if (!replaced_.empty()) {
    for (std::string_view at = path; at.size() > 1; at = ParentPath(at)) {
      if (replaced_.contains(std::string(at))) covered = ParentPath(at);
    }
  }
  for (const Domain* at = &domain; at != nullptr; at = at->outer.get()) {
    if (!at->floor.Covers(covered, access)) return false;
  }
  return true;
}

void FloorView::NoteReplaced(const std::string& path) {
  if (replaced_.size() < kMaximumReplaced) replaced_.insert(path);
}

}  // namespace safe_trace
