#include "policy/floor_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policy/lexical_path.h"
#include "policy/path_pattern.h"

namespace safe_trace {
namespace {

// Directories that one expansion may list: hostile trees must not make it endless.
constexpr size_t kMaximumListings = 20000;
// A listing with more entries may have been cut.
constexpr size_t kMostBelieved = 10000;

std::string Child(const std::string& directory, std::string_view name) {
  return (directory == "/" ? directory : directory + "/") + std::string(name);
}

struct ByName {
  bool operator()(const DirectoryEntry& a, const DirectoryEntry& b) const {
    return a.name < b.name;
  }
  bool operator()(const DirectoryEntry& a, std::string_view b) const { return a.name < b; }
};

// Listings, each made once and sorted by name.
class Listings {
 public:
  explicit Listings(const DirectoryLister& list) : list_(list) {}

  const std::vector<DirectoryEntry>& Of(const std::string& directory) {
    auto it = known_.find(directory);
    if (it != known_.end()) return it->second;
    if (known_.size() >= kMaximumListings || IsKnownAbsent(directory)) return none_;
    std::vector<DirectoryEntry> entries = list_(directory);
    std::erase_if(entries, [](const DirectoryEntry& entry) {
      return entry.name.empty() || entry.name == "." || entry.name == ".." ||
             entry.name.find('/') != std::string::npos;
    });
    std::sort(entries.begin(), entries.end(), ByName());
    return known_.emplace(directory, std::move(entries)).first->second;
  }

  const DirectoryEntry* Find(const std::string& path) {
    const std::string_view name = BaseName(path);
    const std::vector<DirectoryEntry>& entries = Of(std::string(ParentPath(path)));
    auto it = std::lower_bound(entries.begin(), entries.end(), name, ByName());
    return it != entries.end() && it->name == name ? &*it : nullptr;
  }

  // The deepest directory at or above `path` that exists.
  std::string DeepestExisting(const std::string& path) {
    std::string existing = "/";
    for (size_t slash = path.find('/', 1); existing != path; slash = path.find('/', slash + 1)) {
      std::string next = path.substr(0, slash);
      if (Find(next) == nullptr) break;
      existing = std::move(next);
      if (slash == std::string::npos) break;
    }
    return existing;
  }

 private:
  // Most of what a catalogue names is not there. A parent without entries tells nothing: it may be
  // one that can be entered but not listed; nor does one that was too large to be listed whole.
  bool IsKnownAbsent(const std::string& directory) const {
    if (directory == "/") return false;
    auto parent = known_.find(std::string(ParentPath(directory)));
    if (parent == known_.end()) return false;
    const std::vector<DirectoryEntry>& entries = parent->second;
    if (entries.empty() || entries.size() > kMostBelieved) return false;
    const std::string_view name = BaseName(directory);
    auto it = std::lower_bound(entries.begin(), entries.end(), name, ByName());
    return it == entries.end() || it->name != name || !it->is_directory;
  }

  const DirectoryLister& list_;
  std::map<std::string, std::vector<DirectoryEntry>> known_;
  std::vector<DirectoryEntry> none_;
};

// The expansion of one right.
class Expansion {
 public:
  Expansion(const FloorRequest& request, Access bit,
            const std::function<bool(std::string_view)>& is_hidden_name, Listings& listings,
            std::map<std::string, Access>& out)
      : bit_(bit), is_hidden_name_(is_hidden_name), listings_(listings), out_(out) {
    for (const PathGrant& grant : request.grants) SetOp(grant, true);
    for (const PathGrant& carve_out : request.carve_outs) SetOp(carve_out, false);
    for (const PathGrant& regrant : request.regrants) SetOp(regrant, true);
    for (const PathGrant& glob : request.carve_out_globs) {
      if (Any(glob.access & bit_)) CarveGlob(glob.path);
    }
    // A right to execute is not withheld for a name: what runs must be read to leak.
    if (bit_ != Access::kExecute) {
      for (const std::string& directory : request.scanned_directories) CarveHidden(directory);
    }
    if (bit_ == Access::kWrite) SplitWhereAbsent();
    MarkWaysToCarveOuts();
  }

  void Run() {
    for (const auto& [path, allowed] : ops_) {
      if (allowed) Emit(path);
    }
  }

 private:
  void SetOp(const PathGrant& grant, bool allowed) {
    if (Any(grant.access & bit_)) ops_[grant.path] = allowed;
  }

  void CarveHidden(const std::string& directory) {
    for (const DirectoryEntry& entry : listings_.Of(directory)) {
      if (is_hidden_name_(entry.name)) ops_.try_emplace(Child(directory, entry.name), false);
    }
  }

  // Carves out what exists and matches; where "**" or a long way makes that costly, the literal
  // directory as a whole.
  void CarveGlob(const std::string& glob) {
    std::vector<std::string> found = {"/"};
    size_t at = 1;
    while (at <= glob.size() && !found.empty()) {
      const size_t end = std::min(glob.find('/', at), glob.size());
      const std::string component = glob.substr(at, end - at);
      if (component == "**" || found.size() > 1000) break;
      std::vector<std::string> next;
      for (const std::string& directory : found) {
        if (!HasGlobCharacters(component)) {
          next.push_back(Child(directory, component));
          continue;
        }
        splits_.insert(directory);
        for (const DirectoryEntry& entry : listings_.Of(directory)) {
          if (MatchesGlob(component, entry.name)) next.push_back(Child(directory, entry.name));
        }
      }
      found = std::move(next);
      at = end + 1;
    }
    for (const std::string& path : found) {
      if (path != "/") ops_.try_emplace(path, false);
    }
  }

  // The kernel alone must not be able to make a name that is carved out but absent.
  void SplitWhereAbsent() {
    std::set<std::string> splits;
    for (const auto& [path, allowed] : ops_) {
      if (!allowed && IsAllowedAbove(path)) splits.insert(listings_.DeepestExisting(path));
    }
    splits_.merge(splits);
  }

  bool IsAllowedAbove(const std::string& path) const {
    std::string_view at = path;
    while (at != "/") {
      at = ParentPath(at);
      if (auto it = ops_.find(std::string(at)); it != ops_.end()) return it->second;
    }
    return false;
  }

  // Directories that cannot be granted whole. Reading looks for carve-outs that exist only; an
  // absent one has no way of existing entries to it, so marking its way is harmless but for cost.
  void MarkWaysToCarveOuts() {
    for (const auto& [path, allowed] : ops_) {
      if (allowed) continue;
      if (bit_ != Access::kWrite && listings_.Find(path) == nullptr) continue;
      for (std::string_view at = path; at != "/";) {
        at = ParentPath(at);
        if (!ways_.emplace(at).second) break;
      }
    }
    if (bit_ != Access::kWrite) return;
    for (const std::string& split : splits_) {
      for (std::string_view at = split;; at = ParentPath(at)) {
        ways_.emplace(at);
        if (at == "/") break;
      }
    }
  }

  void Emit(const std::string& path) {
    if (out_.size() >= kMaximumFloorGrants) return;
    if (!ways_.contains(path)) {
      Access& access = out_[path];
      access = access | bit_;
      return;
    }
    for (const DirectoryEntry& entry : listings_.Of(path)) {
      std::string child = Child(path, entry.name);
      if (entry.is_symlink || ops_.contains(child)) continue;  // its own op is a root of its own
      Emit(child);
    }
  }

  const Access bit_;
  const std::function<bool(std::string_view)>& is_hidden_name_;
  Listings& listings_;
  std::map<std::string, Access>& out_;
  std::map<std::string, bool> ops_;          // allowed or carved out, by path
  std::set<std::string> splits_;             // never granted kWrite as a whole
  std::set<std::string, std::less<>> ways_;  // hold a carve-out or a split
};

}  // namespace

FloorPlan::FloorPlan(std::vector<PathGrant> grants) : grants_(std::move(grants)) {
  by_path_.reserve(grants_.size());
  for (const PathGrant& grant : grants_) {
    Access& access = by_path_[grant.path];
    access = access | grant.access;
  }
}

bool FloorPlan::Covers(std::string_view path, Access access) const {
  if (path.empty() || path[0] != '/') return false;
  // Like Landlock: rights gathered from the path and every directory above it.
  Access missing = access;
  while (true) {
    if (auto it = by_path_.find(path); it != by_path_.end()) {
      missing = missing & ~it->second;
      if (!Any(missing)) return true;
    }
    if (path == "/") return false;
    path = ParentPath(path);
  }
}

FloorPlan ExpandFloor(const FloorRequest& request,
                      const std::function<bool(std::string_view)>& is_hidden_name,
                      const DirectoryLister& list) {
  Listings listings(list);
  std::map<std::string, Access> merged;
  for (Access bit : {Access::kExecute, Access::kRead, Access::kWrite}) {
    Expansion(request, bit, is_hidden_name, listings, merged).Run();
  }
  // Parents sort before their entries, so what a parent gives is known when the entry is reached.
  std::vector<PathGrant> grants;
  for (const auto& [path, access] : merged) {
    Access needed = access;
    for (std::string_view at = path; at != "/" && Any(needed);) {
      at = ParentPath(at);
      if (auto it = merged.find(std::string(at)); it != merged.end()) needed = needed & ~it->second;
    }
    if (Any(needed)) grants.push_back({path, needed});
  }
  return FloorPlan(std::move(grants));
}

}  // namespace safe_trace
