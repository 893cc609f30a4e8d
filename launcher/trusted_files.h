// Reading files that decide, and the list of project files that the user trusts.
#ifndef SAFE_TRACE_LAUNCHER_TRUSTED_FILES_H_
#define SAFE_TRACE_LAUNCHER_TRUSTED_FILES_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace safe_trace {

// The content of a regular file of at most 1 MiB that belongs to `user` or root and that not
// everybody may write. NotFound where there is none; never blocks on a FIFO or device.
absl::StatusOr<std::string> ReadBelievedFile(const std::string& path, uid_t user);

// `state_directory`/trusted has one line for each file: its SHA-256, two spaces, its canonical
// path. An unreadable list is an error; no list, or no state directory, means nothing is trusted.
absl::StatusOr<bool> IsTrusted(const std::string& state_directory, uid_t user,
                               const std::string& digest, const std::string& path);

// Replaces the path's line. The list is written anew and renamed into place, mode 0600.
absl::Status AddTrusted(const std::string& state_directory, uid_t user, const std::string& digest,
                        const std::string& path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_TRUSTED_FILES_H_
