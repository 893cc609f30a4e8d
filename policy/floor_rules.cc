// What the kernel floor holds for a subject. Derived from the decisions themselves: at every place
// that a rule names, each right is asked for; where the answer changes against the place above, a
// grant or a carve-out begins. So the floor cannot drift from what EvaluateFile says.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/lexical_path.h"
#include "policy/path_pattern.h"
#include "policy/policy_impl.h"

namespace safe_trace {
namespace {

// Parents come before what lies beneath them: '/' sorts before every other byte of a name.
struct ComponentOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
      return rank(x) < rank(y);
    });
  }
};

// A name that no pattern matches, to ask about what lies beneath a place rather than the place.
constexpr std::string_view kAnyName = "/\x01";

Access AllowedBeneath(const Policy::Impl& impl, const Subject& subject, const std::string& place) {
  const std::string probe = (place == "/" ? std::string() : place) + std::string(kAnyName);
  const Places places = impl.tree.Find(probe);
  Access allowed = Access::kNone;
  for (Access bit : {Access::kRead, Access::kWrite, Access::kExecute}) {
    if (impl.DecideBit(subject, places, probe, bit).allowed()) allowed = allowed | bit;
  }
  // A manager's own file is what it is given back; nothing lies beneath it.
  return allowed;
}

struct Level {
  std::string path;
  Access allowed;
  bool carved;  // some right was taken away at or above
};

void AddGlobs(const Policy::Impl& impl, const Subject& subject, FloorRequest& floor) {
  for (const PlaceTree::GlobPlace& place : impl.tree.globs()) {
    Access refused = Access::kNone;
    switch (place.layer) {
      case Layer::kCredential:
      case Layer::kUserHide:
        refused = Access::kRead | Access::kWrite;
        break;
      case Layer::kState:
      case Layer::kProtected:
        refused = Access::kWrite;
        break;
      default:
        break;  // what a glob would allow goes through the supervisor
    }
    if (subject.role == Role::kPackage && Any(refused)) refused = refused | Access::kExecute;
    if (Any(refused)) floor.carve_out_globs.push_back({place.glob, refused});
  }
}

// The project's protected places directly beneath the working directory.
std::vector<std::string> ProjectPaths(const Policy::Impl& impl) {
  std::vector<std::string> paths;
  if (impl.facts.working_directory == "/") return paths;
  for (const ProjectPlace& place : impl.project_places) {
    std::string path = impl.facts.working_directory;
    for (const std::string& component : place.components) path += "/" + component;
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace

FloorRequest Policy::FloorFor(const Subject& subject) const {
  const Impl& impl = *impl_;
  std::set<std::string, ComponentOrder> keys = {"/"};
  impl.tree.ForEachPath([&](const std::string& path) { keys.insert(path); });
  for (const PathGrant& own : subject.own) keys.insert(own.path);
  const std::string& cwd = impl.facts.working_directory;
  std::vector<std::string> project_globs;
  for (std::string& path : ProjectPaths(impl)) {
    if (HasGlobCharacters(path.substr(cwd.size()))) {
      project_globs.push_back(std::move(path));
    } else {
      keys.insert(std::move(path));
    }
  }

  const Access execute = subject.role == Role::kPackage ? Access::kNone : Access::kExecute;
  FloorRequest floor;
  std::vector<Level> above;
  for (const std::string& path : keys) {
    while (!above.empty() && !IsWithin(path, above.back().path)) above.pop_back();
    const Access before = above.empty() ? Access::kNone : above.back().allowed;
    const bool was_carved = !above.empty() && above.back().carved;
    const Access allowed = AllowedBeneath(impl, subject, path) | execute;
    const Access gained = allowed & ~before;
    const Access lost = before & ~allowed;
    if (Any(gained)) (was_carved ? floor.regrants : floor.grants).push_back({path, gained});
    if (Any(lost)) floor.carve_outs.push_back({path, lost});
    above.push_back({path, allowed, was_carved || Any(lost)});
  }
  AddGlobs(impl, subject, floor);
  for (std::string& glob : project_globs) {
    floor.carve_out_globs.push_back({std::move(glob), Access::kWrite});
  }
  if (cwd.size() > 1) floor.scanned_directories.push_back(cwd);
  for (const std::string& home : impl.facts.homes) {
    if (home != cwd) floor.scanned_directories.push_back(home);
  }
  for (const PathGrant& own : subject.own) {
    // In scratch space of its own a package may use such names.
    const Places at = impl.tree.Find(own.path);
    const int scratch = at[Layer::kTemporary].depth;
    const bool is_scratch = scratch > at[Layer::kHome].depth && scratch > at[Layer::kWorking].depth;
    if (own.path != cwd && !is_scratch) floor.scanned_directories.push_back(own.path);
  }
  return floor;
}

}  // namespace safe_trace
