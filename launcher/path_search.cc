#include "launcher/path_search.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace {

enum class Candidate { kProgram, kAbsent, kRefused };

Candidate Examine(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return errno == EACCES ? Candidate::kRefused : Candidate::kAbsent;
  }
  if (!S_ISREG(info.st_mode)) return Candidate::kRefused;
  // Effective ids, as execve uses; a noexec mount answers EACCES here too.
  return faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? Candidate::kProgram
                                                                  : Candidate::kRefused;
}

absl::Status Missing(std::string_view name) {
  return absl::NotFoundError(absl::StrCat(std::string(name), ": command not found"));
}

absl::Status Refused(const std::string& path) {
  return absl::PermissionDeniedError(absl::StrCat(path, ": not an executable file"));
}

}  // namespace

absl::StatusOr<std::string> FindProgram(std::string_view name, std::string_view path_variable) {
  if (name.empty() || name.find('\0') != std::string_view::npos) return Missing(name);
  if (name.find('/') != std::string_view::npos) {
    std::string path(name);
    Candidate found = Examine(path);
    if (found == Candidate::kProgram) return path;
    return found == Candidate::kRefused ? Refused(path) : Missing(name);
  }
  if (path_variable.empty()) path_variable = "/bin:/usr/bin";
  std::string refused;
  for (;;) {
    size_t colon = path_variable.find(':');
    std::string candidate(path_variable.substr(0, colon));
    if (candidate.empty()) candidate.push_back('.');
    candidate += '/';
    candidate += name;
    Candidate found = Examine(candidate);
    if (found == Candidate::kProgram) return candidate;
    if (found == Candidate::kRefused && refused.empty()) refused = candidate;
    if (colon == std::string_view::npos) break;
    path_variable.remove_prefix(colon + 1);
  }
  return refused.empty() ? Missing(name) : Refused(refused);
}

}  // namespace safe_trace
