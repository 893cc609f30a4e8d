// The run's own temporary directory: private directories of packages lie in it.
#ifndef SAFE_TRACE_LAUNCHER_RUN_DIRECTORY_H_
#define SAFE_TRACE_LAUNCHER_RUN_DIRECTORY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

// Removed with everything in it when the object goes; nothing supervised is alive then.
class RunDirectory {
 public:
  // Mode 0700 in the first of `parents` that takes it.
  static absl::StatusOr<std::unique_ptr<RunDirectory>> Make(
      const std::vector<std::string>& parents, const std::string& run_id);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit RunDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RUN_DIRECTORY_H_
