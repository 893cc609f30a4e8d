// Makes the paths that configuration and command line name absolute.
#ifndef SAFE_TRACE_LAUNCHER_CONFIG_PATHS_H_
#define SAFE_TRACE_LAUNCHER_CONFIG_PATHS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "policy/config.h"

namespace safe_trace {

// Absolute and lexically normal, without a trailing slash: "~" and "~/x" from `home`, relative
// paths from `base`. What begins with '$' is left to the policy's templates.
std::string ResolveOptionPath(std::string_view path, const std::string& base,
                              const std::string& home);

// Does so for every list of paths in `config`, and adds the canonical form (symlinks resolved as
// far as the path exists) where it differs; sign_key is made absolute only. InvalidArgument names
// the entry's origin.
absl::Status MakePathsAbsolute(Config& config, const std::string& base, const std::string& home);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_CONFIG_PATHS_H_
