#include "policy/place_tree.h"

#include <algorithm>

#include "policy/lexical_path.h"
#include "policy/path_pattern.h"

namespace safe_trace {
namespace {

bool IsGuard(Layer layer) {
  return layer == Layer::kState || layer == Layer::kUserHide || layer == Layer::kCredential ||
         layer == Layer::kProtected;
}

// The next component of an absolute path from `at` on; moves `at` to the slash after it.
std::string_view NextComponent(std::string_view path, size_t& at) {
  if (at < path.size() && path[at] == '/') ++at;
  size_t end = std::min(path.find('/', at), path.size());
  std::string_view component = path.substr(at, end - at);
  at = end;
  return component;
}

void SetMark(Places& places, Layer layer, const Rule* rule, int depth) {
  Mark& mark = places.marks[static_cast<size_t>(layer)];
  if (depth < mark.depth || (depth == mark.depth && mark.rule != nullptr)) return;
  mark = {rule, static_cast<uint16_t>(depth)};
}

}  // namespace

uint32_t PlaceTree::ChildOf(uint32_t node, std::string_view name) const {
  const auto& children = nodes_[node].children;
  auto it = std::lower_bound(children.begin(), children.end(), name,
                             [](const auto& child, std::string_view n) { return child.first < n; });
  return it != children.end() && it->first == name ? it->second : 0;
}

uint32_t PlaceTree::MakeChild(uint32_t node, std::string_view name) {
  auto& children = nodes_[node].children;
  auto it = std::lower_bound(children.begin(), children.end(), name,
                             [](const auto& c, std::string_view n) { return c.first < n; });
  if (it != children.end() && it->first == name) return it->second;
  const uint32_t child = static_cast<uint32_t>(nodes_.size());
  children.emplace(it, std::string(name), child);
  nodes_.emplace_back();  // ends the life of `children`
  return child;
}

void PlaceTree::Add(std::string_view path, Layer layer, const Rule* rule) {
  if (path.empty() || path[0] != '/') return;
  uint32_t node = 0;
  size_t at = 0;
  while (path != "/" && at < path.size()) {
    nodes_[node].guarded_beneath |= IsGuard(layer);
    nodes_[node].package_read_beneath |= layer == Layer::kPackageRead;
    std::string_view component = NextComponent(path, at);
    if (HasGlobCharacters(component)) {
      nodes_[node].globs.push_back(static_cast<uint32_t>(globs_.size()));
      globs_.push_back({std::string(path), layer, rule});
      return;
    }
    node = MakeChild(node, component);
  }
  for (const auto& [marked, existing] : nodes_[node].marks) {
    if (marked == layer) return;  // the first rule for a place keeps it
  }
  nodes_[node].marks.emplace_back(layer, rule);
}

void PlaceTree::ApplyGlobs(const Node& node, std::string_view path, size_t literal_end,
                           Places& places) const {
  // A glob stands for the hierarchy beneath what it matches, so every prefix of the path is tried.
  for (size_t at = literal_end; at < path.size();) {
    if (NextComponent(path, at).empty()) break;
    std::string_view prefix = path.substr(0, at);
    for (uint32_t index : node.globs) {
      const GlobPlace& place = globs_[index];
      if (MatchesPathGlob(place.glob, prefix)) {
        SetMark(places, place.layer, place.rule, PathDepth(prefix));
      }
    }
  }
}

Places PlaceTree::Find(std::string_view path) const {
  Places places;
  places.depth = static_cast<uint16_t>(std::min(PathDepth(path), 0xffff));
  uint32_t node = 0;
  size_t at = 0;
  int depth = 1;
  while (true) {
    const Node& here = nodes_[node];
    for (const auto& [layer, rule] : here.marks) SetMark(places, layer, rule, depth);
    if (!here.globs.empty()) ApplyGlobs(here, path, at, places);
    if (at >= path.size() || path == "/") {
      places.is_node = true;
      places.guarded_beneath = here.guarded_beneath;
      places.package_read_beneath = here.package_read_beneath;
      return places;
    }
    node = ChildOf(node, NextComponent(path, at));
    if (node == 0) return places;
    ++depth;
  }
}

void PlaceTree::Visit(uint32_t node, std::string& path, const Visitor& visit) const {
  static const std::string kRoot = "/";
  if (!nodes_[node].marks.empty()) visit(path.empty() ? kRoot : path, nodes_[node].marks);
  const size_t length = path.size();
  for (const auto& [name, child] : nodes_[node].children) {
    path += '/';
    path += name;
    Visit(child, path, visit);
    path.resize(length);
  }
}

void PlaceTree::ForEachPath(const Visitor& visit) const {
  std::string path;
  Visit(0, path, visit);
}

}  // namespace safe_trace
