// Turns "this hierarchy without those" into the single grants that Landlock can express: where a
// directory holds a carve-out, its entries are granted one by one and the directory itself is not.
#ifndef SAFE_TRACE_POLICY_FLOOR_PLAN_H_
#define SAFE_TRACE_POLICY_FLOOR_PLAN_H_

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/policy.h"

namespace safe_trace {

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  bool is_symlink = false;
};
// Lists a directory without following a symlink; empty where it cannot be read.
using DirectoryLister = std::function<std::vector<DirectoryEntry>(const std::string& path)>;

// What the floor really grants. Immutable after building; one per domain.
class FloorPlan {
 public:
  FloorPlan() = default;  // grants nothing: everything goes through the supervisor
  explicit FloorPlan(std::vector<PathGrant> grants);

  // True where some granted hierarchy contains `path` with every bit of `access`: the kernel can
  // be left to do it.
  bool Covers(std::string_view path, Access access) const;
  const std::vector<PathGrant>& grants() const { return grants_; }

 private:
  std::vector<PathGrant> grants_;
  // Found by string_view: Covers runs on every file open and must not allocate.
  struct PathHash {
    using is_transparent = void;
    size_t operator()(std::string_view path) const { return std::hash<std::string_view>{}(path); }
  };
  std::unordered_map<std::string, Access, PathHash, std::equal_to<>> by_path_;
};

// More grants than this are left out: what is not granted goes through the supervisor.
inline constexpr size_t kMaximumFloorGrants = 20000;

// For each right, the deepest of grants, carve-outs and regrants at or above a path decides; at the
// same path a regrant wins over a carve-out and a carve-out over a grant. Existence is taken from
// `list`. Carve-outs of absent paths cost nothing, except that a directory in which the kernel
// alone could make one is not granted kWrite itself: its entries are. Names that `is_hidden_name`
// tells are left out (read and write) where they lie directly in a scanned directory. Symlinks are
// never granted: the kernel checks where they lead.
//
// What the kernel is left to do although the policy would refuse it, because a hierarchy cannot say
// it: credential file names deeper than a scanned directory, project paths (".vscode") deeper than
// the project's root, programs denied to package code by name. For these the supervisor's own
// decision before the call is the only guard.
FloorPlan ExpandFloor(const FloorRequest& request,
                      const std::function<bool(std::string_view)>& is_hidden_name,
                      const DirectoryLister& list);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_FLOOR_PLAN_H_
