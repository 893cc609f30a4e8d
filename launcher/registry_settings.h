// What a configuration file of a package manager says, as dotted keys and values.
#ifndef SAFE_TRACE_LAUNCHER_REGISTRY_SETTINGS_H_
#define SAFE_TRACE_LAUNCHER_REGISTRY_SETTINGS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/document.h"

namespace safe_trace {

struct RegistrySetting {
  std::string key;    // "registries.mirror.index"; an item of a list has the key of the list
  std::string value;  // text; numbers and the like are left out
};

// `format` as in ConfigurationSource. "ini" is npm's: `key = value`, `[section]` before a key's name,
// comments from '#' or ';' on, and yarn's `key "value"` too. "variables": NAME=VALUE lines, '#' at
// a line's beginning. InvalidArgument ("ORIGIN:LINE: ...") where the syntax is bad, which ini and
// variables cannot be; ResourceExhausted beyond 50,000 settings. The text of an error repeats
// nothing of the file: it may hold passwords.
absl::StatusOr<std::vector<RegistrySetting>> ParseRegistrySettings(std::string_view text,
                                                                   std::string_view format,
                                                                   std::string_view origin);

// The same text as a tree; `format` "toml", "yaml" or "json".
absl::StatusOr<DocumentNode> ParseSettingsTree(std::string_view text, std::string_view format,
                                               std::string_view origin);

// With "${NAME}", "${NAME?}", "${NAME-text}" and "${NAME:-text}" replaced, as npm and yarn do. A
// name that is not set stays as it is where nothing replaces it. At most 64 KiB.
std::string ExpandVariables(std::string_view text,
                            const std::map<std::string, std::string>& environment);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_REGISTRY_SETTINGS_H_
