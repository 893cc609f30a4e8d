// Which changes get a line of their own, and which are told together.
#ifndef SAFE_TRACE_TRACER_CHANGES_CHANGE_GROUPS_H_
#define SAFE_TRACE_TRACER_CHANGES_CHANGE_GROUPS_H_

#include <string>
#include <vector>

#include "tracer/changes/change_book.h"

namespace safe_trace {

struct ChangeGroup {
  std::string directory;
  std::vector<size_t> members;  // indices, in the order of their paths
};

struct GroupedChanges {
  std::vector<size_t> single;  // indices
  std::vector<ChangeGroup> groups;
};

// Up to so many new files of one subject beneath one directory are one group; where there are more,
// its subdirectories are groups of their own, but for those with few, which stay together.
inline constexpr size_t kGroupSize = 200;
// Where a directory has fewer, each has its own line.
inline constexpr size_t kSmallestGroup = 5;

// `changes` sorted by path. Alone stand: what existed before (changed or deleted), what was made
// executable, and what has few companions. `all_single`: everything alone. `shared`: absolute paths
// of directories that many programs write to (a home, the temporary directory); these and those
// above them are never the directory of a group for what is in their subdirectories.
GroupedChanges GroupChanges(const std::vector<Change>& changes, bool all_single,
                            const std::vector<std::string>& shared);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_CHANGES_CHANGE_GROUPS_H_
