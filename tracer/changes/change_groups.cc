#include "tracer/changes/change_groups.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "policy/lexical_path.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumSingle = 2000;  // of those that could as well be in a group

// True where files beneath `directory` need not have to do with each other.
bool IsShared(std::string_view directory, const std::vector<std::string>& shared) {
  return std::any_of(shared.begin(), shared.end(),
                     [&](const std::string& place) { return IsWithin(place, directory); });
}

// Splits `members`, all beneath `directory`, until each group is small enough and in no shared
// place.
void Split(const std::vector<Change>& changes, const std::vector<std::string>& shared,
           const std::string& directory, std::vector<size_t> members,
           std::vector<ChangeGroup>& groups) {
  // Depth is bounded by the length of a path; an own stack keeps hostile depths off ours.
  std::vector<ChangeGroup> open;
  open.push_back({directory, std::move(members)});
  while (!open.empty()) {
    ChangeGroup group = std::move(open.back());
    open.pop_back();
    const bool is_shared = IsShared(group.directory.empty() ? "/" : group.directory, shared);
    if (group.members.size() <= kGroupSize && !is_shared) {
      groups.push_back(std::move(group));
      continue;
    }
    std::map<std::string, std::vector<size_t>> children;
    ChangeGroup own{group.directory, {}};
    for (const size_t index : group.members) {
      const std::string_view rest =
          std::string_view(changes[index].path).substr(group.directory.size() + 1);
      const size_t slash = rest.find('/');
      if (slash == std::string_view::npos) {
        own.members.push_back(index);
      } else {
        children[group.directory + "/" + std::string(rest.substr(0, slash))].push_back(index);
      }
    }
    // A cache with a directory for each file (npm's) would else give a line for each file.
    for (auto& [child, of_child] : children) {
      if (of_child.size() < kSmallestGroup && !is_shared) {
        own.members.insert(own.members.end(), of_child.begin(), of_child.end());
      } else {
        open.push_back({child, std::move(of_child)});
      }
    }
    std::sort(own.members.begin(), own.members.end());  // back in the order of their paths
    if (!own.members.empty()) groups.push_back(std::move(own));
  }
}

// The directory that all of these have in common.
std::string CommonDirectory(const std::vector<Change>& changes,
                            const std::vector<size_t>& members) {
  std::string common(ParentPath(changes[members.front()].path));
  for (const size_t index : members) {
    while (!IsWithin(changes[index].path, common)) common = std::string(ParentPath(common));
  }
  return common;
}

bool StandsAlone(const Change& change) {
  return change.kind != ChangeKind::kCreated || change.made_executable;
}

}  // namespace

GroupedChanges GroupChanges(const std::vector<Change>& changes, bool all_single,
                            const std::vector<std::string>& shared) {
  GroupedChanges grouped;
  std::map<const Domain*, std::vector<size_t>> by_subject;
  for (size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    const bool is_single = StandsAlone(change) && grouped.single.size() < kMaximumSingle;
    if (all_single || is_single) {
      grouped.single.push_back(i);
    } else {
      by_subject[change.domain.get()].push_back(i);
    }
  }
  std::vector<ChangeGroup> groups;
  for (auto& [key, members] : by_subject) {
    const std::string common = CommonDirectory(changes, members);
    // "/" has no name of its own to split at.
    Split(changes, shared, common == "/" ? "" : common, std::move(members), groups);
  }
  for (ChangeGroup& group : groups) {
    if (group.members.size() < kSmallestGroup && grouped.single.size() < kMaximumSingle) {
      grouped.single.insert(grouped.single.end(), group.members.begin(), group.members.end());
    } else {
      if (group.directory.empty()) group.directory = "/";
      grouped.groups.push_back(std::move(group));
    }
  }
  std::sort(grouped.single.begin(), grouped.single.end());
  std::sort(grouped.groups.begin(), grouped.groups.end(),
            [](const auto& a, const auto& b) { return a.directory < b.directory; });
  return grouped;
}

}  // namespace safe_trace
