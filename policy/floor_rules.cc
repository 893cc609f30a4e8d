// What the kernel floor holds for a subject. Derived from the decisions themselves: at every place
// that a rule names, each right is asked for; where the answer changes against the place above, a
// grant or a carve-out begins. So the floor cannot drift from what EvaluateFile says.
#include <algorithm>
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
  bool operator()(const FloorKey& a, const FloorKey& b) const { return (*this)(a.path, b.path); }
  bool operator()(std::string_view a, std::string_view b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
      return rank(x) < rank(y);
    });
  }
};

// A name that no pattern matches, to ask about what lies beneath a place rather than the place.
constexpr std::string_view kAnyName = "/\x01";

Access AllowedBeneath(const Policy::Impl& impl, const Subject& subject, std::string_view place) {
  std::string probe(place == "/" ? std::string_view() : place);
  probe += kAnyName;
  const Places places = impl.tree.Find(probe);
  Access allowed = Access::kNone;
  for (Access bit : {Access::kRead, Access::kWrite, Access::kExecute}) {
    if (impl.DecideBit(subject, places, probe, bit).allowed()) allowed = allowed | bit;
  }
  // A manager's own file is what it is given back; nothing lies beneath it.
  return allowed;
}

struct Level {
  std::string_view path;
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

// The project's protected places directly beneath its root and beneath the working directory.
std::vector<std::string> ProjectPaths(const Policy::Impl& impl) {
  std::vector<std::string> directories = {impl.facts.Project()};
  if (directories[0] == "/") return {};
  if (impl.facts.working_directory != directories[0]) {
    directories.push_back(impl.facts.working_directory);
  }
  std::vector<std::string> paths;
  for (const std::string& directory : directories) {
    for (const ProjectPlace& place : impl.project_places) {
      std::string path = directory;
      for (const std::string& component : place.components) path += "/" + component;
      paths.push_back(std::move(path));
    }
  }
  return paths;
}

// What marks of these layers can take away from what holds above; kNone if one may give something.
Access TakenBy(const PlaceTree::Marks& marks) {
  Access takes = Access::kNone;
  for (const auto& [layer, rule] : marks) {
    switch (layer) {
      case Layer::kProtected:
        takes = takes | Access::kWrite;
        break;
      case Layer::kState:
      case Layer::kUserHide:
      case Layer::kCredential:
      case Layer::kQuiet:
        takes = takes | Access::kRead | Access::kWrite | Access::kExecute;
        break;
      default:
        return Access::kNone;
    }
  }
  return takes;
}

// Adds what begins or ends at places, given parents first.
class FloorWalk {
 public:
  FloorWalk(const Policy::Impl& impl, const Subject& subject, FloorRequest& floor)
      : impl_(impl), subject_(subject), floor_(floor) {}

  // `path` must outlive the walk.
  void Visit(std::string_view path, Access takes) {
    while (!above_.empty() && !IsWithin(path, above_.back().path)) above_.pop_back();
    const Access before = above_.empty() ? Access::kNone : above_.back().allowed;
    if (Any(takes) && !Any(takes & before)) return;
    if (!above_.empty() && above_.back().path == path) return;
    const bool was_carved = !above_.empty() && above_.back().carved;
    const Access execute = subject_.role == Role::kPackage ? Access::kNone : Access::kExecute;
    const Access allowed = AllowedBeneath(impl_, subject_, path) | execute;
    const Access gained = allowed & ~before;
    const Access lost = before & ~allowed;
    const std::string place(path);
    if (Any(gained)) (was_carved ? floor_.regrants : floor_.grants).push_back({place, gained});
    if (Any(lost)) floor_.carve_outs.push_back({place, lost});
    above_.push_back({path, allowed, was_carved || Any(lost)});
  }

 private:
  const Policy::Impl& impl_;
  const Subject& subject_;
  FloorRequest& floor_;
  std::vector<Level> above_;
};

}  // namespace

void AddFloorKeys(Policy::Impl& impl) {
  std::vector<FloorKey>& keys = impl.floor_keys;
  impl.tree.ForEachPath([&](const std::string& path, const PlaceTree::Marks& marks) {
    keys.push_back({path, TakenBy(marks)});
  });
  const auto from_tree = static_cast<std::ptrdiff_t>(keys.size());
  const size_t project = impl.facts.Project().size();
  for (std::string& path : ProjectPaths(impl)) {
    if (!HasGlobCharacters(std::string_view(path).substr(project))) {
      keys.push_back({std::move(path), Access::kWrite});
    }
  }
  std::stable_sort(keys.begin() + from_tree, keys.end(), ComponentOrder());
  std::inplace_merge(keys.begin(), keys.begin() + from_tree, keys.end(), ComponentOrder());
}

FloorRequest Policy::FloorFor(const Subject& subject) const {
  const Impl& impl = *For(subject).impl_;
  const std::string& project = impl.facts.Project();
  FloorRequest floor;
  FloorWalk walk(impl, subject, floor);
  walk.Visit("/", Access::kNone);
  std::vector<std::string_view> own_places;
  for (const PathGrant& own : subject.own) own_places.push_back(own.path);
  std::sort(own_places.begin(), own_places.end(), ComponentOrder());
  auto next = own_places.begin();
  for (const FloorKey& key : impl.floor_keys) {
    for (; next != own_places.end() && !ComponentOrder()(std::string_view(key.path), *next);
         ++next) {
      walk.Visit(*next, Access::kNone);
    }
    walk.Visit(key.path, key.takes);
  }
  for (; next != own_places.end(); ++next) walk.Visit(*next, Access::kNone);
  AddGlobs(impl, subject, floor);
  for (std::string& path : ProjectPaths(impl)) {
    if (HasGlobCharacters(std::string_view(path).substr(project.size()))) {
      floor.carve_out_globs.push_back({std::move(path), Access::kWrite});
    }
  }
  if (project.size() > 1) floor.scanned_directories.push_back(project);
  const std::string& cwd = impl.facts.working_directory;
  if (cwd != project) floor.scanned_directories.push_back(cwd);
  for (const std::string& home : impl.facts.homes) {
    if (home != project) floor.scanned_directories.push_back(home);
  }
  for (const PathGrant& own : subject.own) {
    // In scratch space of its own a package may use such names.
    const Places at = impl.tree.Find(own.path);
    const int scratch = at[Layer::kTemporary].depth;
    const bool is_scratch = scratch > at[Layer::kHome].depth && scratch > at[Layer::kWorking].depth;
    if (own.path != project && own.path != cwd && !is_scratch) floor.scanned_directories.push_back(own.path);
  }
  return floor;
}

}  // namespace safe_trace
