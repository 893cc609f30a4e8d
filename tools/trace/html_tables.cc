#include "tools/trace/html_tables.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "tools/trace/display_text.h"

namespace safe_trace {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr uint64_t kNsPerUs = 1'000;

void WriteTally(const Tally& tally, PageJson& json) {
  json.Count(tally.total).Count(tally.refused).Count(tally.violations);
}

void Merge(const Tally& from, Tally& into) {
  into.total += from.total;
  into.refused += from.refused;
  into.violations += from.violations;
}

}  // namespace

uint32_t NameTable::NumberOf(const std::string& name) {
  const std::string key = Clip(name, max_columns_);
  const auto found = numbers_.find(key);
  if (found != numbers_.end()) return found->second;
  if (names_.size() > max_names_) return 0;
  const auto number = static_cast<uint32_t>(names_.size());
  names_.push_back(key);
  numbers_.emplace(key, number);
  return number;
}

void Matrix::Add(uint32_t subject, const std::string& row, bool is_refused, bool is_violation) {
  cells_[{rows_.NumberOf(row), subject}].Add(is_refused, is_violation);
}

void Matrix::Write(PageJson& json) const {
  json.BeginObject().Key("rows").Texts(rows_.names()).Key("cells").BeginArray();
  for (const auto& [place, tally] : cells_) {
    json.BeginArray().Count(place.first).Count(place.second);
    WriteTally(tally, json);
    json.EndArray();
  }
  json.EndArray().EndObject();
}

void Timeline::Add(uint32_t subject, int64_t time_ns, bool is_refused, bool is_violation) {
  if (!has_start_) {
    has_start_ = true;
    start_ns_ = time_ns;
  }
  // Lines may be out of order by a little, and times are hostile: what is before the start is at
  // it.
  const uint64_t offset =
      time_ns > start_ns_ ? static_cast<uint64_t>(time_ns) - static_cast<uint64_t>(start_ns_) : 0;
  while (offset / width_ns_ >= kBuckets) Widen();
  const uint32_t lane = lanes_.size() < kMaxLanes || lanes_.count(subject) > 0 ? subject : 0;
  lanes_[lane][static_cast<size_t>(offset / width_ns_)].Add(is_refused, is_violation);
}

void Timeline::Widen() {
  width_ns_ *= 2;
  for (auto& [subject, buckets] : lanes_) {
    for (size_t i = 0; i < kBuckets; ++i) {
      Tally merged;
      if (2 * i + 1 < kBuckets) {
        merged = buckets[2 * i];
        Merge(buckets[2 * i + 1], merged);
      }
      buckets[i] = merged;
    }
  }
}

void Timeline::Write(PageJson& json) const {
  json.BeginObject().Key("start").Number(start_ns_ / kNsPerMs);
  json.Key("bucket_us").Count(width_ns_ / kNsPerUs).Key("buckets").Count(kBuckets);
  json.Key("lanes").BeginArray();
  for (const auto& [subject, buckets] : lanes_) {
    json.BeginArray().Count(subject).BeginArray();
    for (size_t i = 0; i < kBuckets; ++i) {
      if (buckets[i].total == 0) continue;
      json.Count(i);
      WriteTally(buckets[i], json);
    }
    json.EndArray().EndArray();
  }
  json.EndArray().EndObject();
}

void PathTree::Add(std::string_view path, bool is_refused, bool is_violation) {
  uint32_t at = 0;
  nodes_[0].tally.Add(is_refused, is_violation);
  size_t depth = 0;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (part.empty()) continue;
    if (++depth > kMaxDepth) break;
    // 4 bytes for each column at most, before and after it is made safe.
    const std::string name = Clip(SafeText(part.substr(0, 4 * kMaxNameColumns)), kMaxNameColumns);
    auto found = nodes_[at].children.find(name);
    if (found == nodes_[at].children.end()) {
      if (nodes_.size() >= kMaxNodes) {
        ++paths_cut_;
        return;
      }
      found = nodes_[at].children.emplace(name, static_cast<uint32_t>(nodes_.size())).first;
      const uint32_t number = found->second;
      nodes_.push_back({name, {}, {}});
      at = number;
    } else {
      at = found->second;
    }
    nodes_[at].tally.Add(is_refused, is_violation);
  }
}

void PathTree::WriteNode(uint32_t number, size_t& budget, PageJson& json) const {
  const Node& node = nodes_[number];
  json.BeginArray().Text(node.name);
  WriteTally(node.tally, json);
  std::vector<uint32_t> children;
  children.reserve(node.children.size());
  for (const auto& [name, child] : node.children) children.push_back(child);
  std::sort(children.begin(), children.end(), [this](uint32_t a, uint32_t b) {
    const Tally& left = nodes_[a].tally;
    const Tally& right = nodes_[b].tally;
    return std::tie(right.violations, right.refused, right.total, a) <
           std::tie(left.violations, left.refused, left.total, b);
  });
  json.BeginArray();
  for (size_t i = 0; i < std::min(children.size(), kMaxChildrenWritten) && budget > 0; ++i) {
    --budget;
    WriteNode(children[i], budget, json);
  }
  json.EndArray().EndArray();
}

void PathTree::Write(PageJson& json) const {
  size_t budget = kMaxNodesWritten;
  WriteNode(0, budget, json);
}

}  // namespace safe_trace
