#include "launcher/run_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "tracer/syscall_status.h"

namespace safe_trace {

absl::StatusOr<std::unique_ptr<RunDirectory>> RunDirectory::Make(
    const std::vector<std::string>& parents, const std::string& run_id) {
  absl::Status last = absl::NotFoundError("no temporary directory was found");
  for (const std::string& parent : parents) {
    std::string path = Concat(parent, "/safe-trace-", run_id);
    if (mkdir(path.c_str(), 0700) == 0) {
      return std::unique_ptr<RunDirectory>(new RunDirectory(CanonicalPath(path)));
    }
    last = LastErrnoStatus(Concat("making the directory ", path));
  }
  return absl::FailedPreconditionError(
      Concat("no temporary directory can be used (", std::string(last.message()),
             "); set TMPDIR to a directory that you may write to"));
}

RunDirectory::~RunDirectory() {
  // Never follows a symlink: what package code left there is only unlinked.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace safe_trace
