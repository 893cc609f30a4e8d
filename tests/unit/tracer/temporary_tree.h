// A fresh directory tree on disk, gone with the object.
#ifndef SAFE_TRACE_TESTS_UNIT_TRACER_TEMPORARY_TREE_H_
#define SAFE_TRACE_TESTS_UNIT_TRACER_TEMPORARY_TREE_H_

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace safe_trace {

class TemporaryTree {
 public:
  TemporaryTree() {
    char made[] = "/tmp/safe-trace-unit-XXXXXX";
    if (mkdtemp(made) == nullptr) throw std::runtime_error("no temporary directory");
    root_ = std::filesystem::canonical(made);
  }
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;

  const std::string& root() const { return root_; }
  std::string Path(const std::string& relative) const { return root_ + "/" + relative; }

  // Each makes what leads there and returns the absolute path.
  std::string Directory(const std::string& relative) const {
    std::filesystem::create_directories(Path(relative));
    return Path(relative);
  }
  std::string File(const std::string& relative, const std::string& content = "content") const {
    std::filesystem::create_directories(std::filesystem::path(Path(relative)).parent_path());
    std::ofstream(Path(relative)) << content;
    return Path(relative);
  }
  std::string Link(const std::string& target, const std::string& relative) const {
    std::filesystem::create_directories(std::filesystem::path(Path(relative)).parent_path());
    std::filesystem::create_symlink(target, Path(relative));
    return Path(relative);
  }

  std::string Content(const std::string& relative) const {
    std::ifstream file(Path(relative));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  bool Exists(const std::string& relative) const {
    return std::filesystem::exists(std::filesystem::symlink_status(Path(relative)));
  }
  mode_t Mode(const std::string& relative) const {
    struct stat status {};
    return lstat(Path(relative).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

 private:
  std::string root_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_TRACER_TEMPORARY_TREE_H_
