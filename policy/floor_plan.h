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
  std::unordered_map<std::string, Access> by_path_;
};

// `exists` tells whether a path exists (carve-outs of absent paths cost nothing except where the
// parent would let them be created: those keep the kWrite split).
FloorPlan ExpandFloor(const FloorRequest& request,
                      const std::function<bool(std::string_view)>& is_hidden_name,
                      const DirectoryLister& list);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_FLOOR_PLAN_H_
