// Whether the kernel may be left to do something: what the Landlock rules of the domain, and of all
// that it lies in, cover, less what was replaced since they were made.
#ifndef SAFE_TRACE_TRACER_TRACEE_FLOOR_VIEW_H_
#define SAFE_TRACE_TRACER_TRACEE_FLOOR_VIEW_H_

#include <string>
#include <string_view>
#include <unordered_set>

#include "tracer/tracee/process_tree.h"

namespace safe_trace {

// A Landlock rule belongs to an inode, not to a path. When the run removes or replaces the file or
// directory that a rule was made for, or one that held it, what then stands at the path is covered
// by the rules of the directories above alone. Loop thread only.
class FloorView {
 public:
  static constexpr size_t kMaximumReplaced = 65536;  // beyond it nothing counts as covered

  bool Covers(const Domain& domain, std::string_view path, Access access) const;
  // The run removed, renamed or replaced what was at `path`, by the supervisor's hand. (What the
  // kernel does by itself happens inside a covered hierarchy, which stays covered.)
  void NoteReplaced(const std::string& path);

 private:
  std::unordered_set<std::string> replaced_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_FLOOR_VIEW_H_
