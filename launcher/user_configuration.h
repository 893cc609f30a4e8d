// Writes down what the user wants to be allowed from now on.
#ifndef SAFE_TRACE_LAUNCHER_USER_CONFIGURATION_H_
#define SAFE_TRACE_LAUNCHER_USER_CONFIGURATION_H_

#include <sys/types.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace safe_trace {

enum class NetworkList : uint8_t { kAllowedHosts, kGrants };

// `toml` with `value` added to that list of [network]; all else, comments too, stays as it is. The
// result was parsed again, and differs in this one value. InvalidArgument where that is not so.
absl::StatusOr<std::string> AddToToml(const std::string& toml, NetworkList list,
                                      const std::string& value);
// The same for config.json, which is written anew.
absl::StatusOr<std::string> AddToJson(const std::string& json, NetworkList list,
                                      const std::string& value);

// With the directories on the way; a new one is the user's alone.
absl::Status MakeDirectory(const std::string& directory);

// Adds to config.toml (made where there is none) or config.json in `directory`, and returns the
// file's path. Nothing is changed where it is there already, or on an error.
absl::StatusOr<std::string> AddToUserConfiguration(const std::string& directory, uid_t user,
                                                   NetworkList list, const std::string& value);
// Why that would fail for what the files say, before anybody is asked.
absl::Status MayAddToUserConfiguration(const std::string& directory, uid_t user, NetworkList list,
                                       const std::string& value);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_USER_CONFIGURATION_H_
