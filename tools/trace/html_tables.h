// The bounded tables behind the page. What is over a bound is counted, never kept.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_TABLES_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_TABLES_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/trace/html_json.h"

namespace safe_trace {

struct Tally {
  uint64_t total = 0;
  uint64_t refused = 0;  // violations among them
  uint64_t violations = 0;

  void Add(bool is_refused, bool is_violation) {
    ++total;
    refused += is_refused ? 1 : 0;
    violations += is_violation ? 1 : 0;
  }
};

// Names by number, in order of appearance. Number 0 stands for all that are over the bound.
class NameTable {
 public:
  NameTable(size_t max_names, size_t max_columns)
      : max_names_(max_names), max_columns_(max_columns), names_{"(others)"} {}
  uint32_t NumberOf(const std::string& name);
  const std::vector<std::string>& names() const { return names_; }

 private:
  size_t max_names_;
  size_t max_columns_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

// Who (a number of the subjects) met what.
class Matrix {
 public:
  explicit Matrix(size_t max_rows) : rows_(max_rows, kMaxColumns) {}
  void Add(uint32_t subject, const std::string& row, bool is_refused, bool is_violation);
  // {"rows": [text], "cells": [[row, subject, total, refused, violations]]}
  void Write(PageJson& json) const;

 private:
  static constexpr size_t kMaxColumns = 200;  // of a row's text

  NameTable rows_;
  std::map<std::pair<uint32_t, uint32_t>, Tally> cells_;  // by row, subject
};

// How much happened when, in buckets that grow as the run turns out to be longer.
class Timeline {
 public:
  static constexpr size_t kBuckets = 240;
  // Lanes from here on share one.
  static constexpr uint32_t kMaxLanes = 200;

  void Add(uint32_t subject, int64_t time_ns, bool is_refused, bool is_violation);
  // {"start": ms since the epoch, "bucket_us": n, "buckets": n,
  //  "lanes": [[subject, [bucket, total, refused, violations, ...]]]}
  void Write(PageJson& json) const;

 private:
  void Widen();

  bool has_start_ = false;
  int64_t start_ns_ = 0;
  uint64_t width_ns_ = 100'000;  // of a bucket
  std::map<uint32_t, std::array<Tally, kBuckets>> lanes_;
};

// File accesses by the parts of their paths.
class PathTree {
 public:
  PathTree() : nodes_(1) {}
  void Add(std::string_view path, bool is_refused, bool is_violation);
  // [name, total, refused, violations, [children]]; the largest children, refused ones first.
  void Write(PageJson& json) const;
  uint64_t paths_cut() const { return paths_cut_; }

 private:
  static constexpr size_t kMaxNodes = 20'000;
  static constexpr size_t kMaxDepth = 16;
  static constexpr size_t kMaxNameColumns = 100;
  static constexpr size_t kMaxChildrenWritten = 40;
  static constexpr size_t kMaxNodesWritten = 6'000;

  struct Node {
    std::string name;
    Tally tally;
    std::map<std::string, uint32_t> children;
  };
  // By depth first; no deeper than kMaxDepth.
  void WriteNode(uint32_t number, size_t& budget, PageJson& json) const;

  std::vector<Node> nodes_;  // the root first
  uint64_t paths_cut_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_TABLES_H_
