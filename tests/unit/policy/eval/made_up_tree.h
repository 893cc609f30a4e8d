// A file system in memory for floor tests.
#ifndef SAFE_TRACE_TESTS_UNIT_POLICY_EVAL_MADE_UP_TREE_H_
#define SAFE_TRACE_TESTS_UNIT_POLICY_EVAL_MADE_UP_TREE_H_

#include <map>
#include <string>
#include <vector>

#include "policy/floor_plan.h"
#include "policy/lexical_path.h"

namespace safe_trace {

class MadeUpTree {
 public:
  // Makes the path with its parents; a trailing '/' makes a directory, "@" in front a symlink.
  void Add(std::string path) {
    const bool is_symlink = path[0] == '@';
    if (is_symlink) path.erase(0, 1);
    const bool is_directory = path.back() == '/';
    path = NormalizePath(path);
    if (path == "/") return;
    const std::string parent(ParentPath(path));
    if (parent != "/") Add(parent + "/");
    auto [it, is_new] = entries_[parent].try_emplace(std::string(BaseName(path)));
    if (!is_new) return;
    it->second = {std::string(BaseName(path)), is_directory, is_symlink};
  }

  bool Exists(const std::string& path) const {
    if (path == "/") return true;
    auto it = entries_.find(std::string(ParentPath(path)));
    return it != entries_.end() && it->second.contains(std::string(BaseName(path)));
  }

  DirectoryLister Lister() const {
    return [this](const std::string& path) {
      std::vector<DirectoryEntry> entries;
      if (auto it = entries_.find(path); it != entries_.end()) {
        for (const auto& [name, entry] : it->second) entries.push_back(entry);
      }
      return entries;
    };
  }

  std::vector<std::string> AllPaths() const {
    std::vector<std::string> paths;
    for (const auto& [directory, children] : entries_) {
      for (const auto& [name, entry] : children) {
        if (!entry.is_symlink) paths.push_back(JoinPath(directory, name));
      }
    }
    return paths;
  }

 private:
  std::map<std::string, std::map<std::string, DirectoryEntry>> entries_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_POLICY_EVAL_MADE_UP_TREE_H_
