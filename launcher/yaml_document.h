// YAML as the tree of policy/document.h: configuration files of package managers.
#ifndef SAFE_TRACE_LAUNCHER_YAML_DOCUMENT_H_
#define SAFE_TRACE_LAUNCHER_YAML_DOCUMENT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "policy/document.h"

namespace safe_trace {

inline constexpr int kMaxYamlEvents = 50'000;

// The first document of `text`, every scalar as a string; an empty table where there is none.
// Aliases give nothing: what they repeat is expanded nowhere, so no file can grow. Keys that are no
// scalars are passed over with their values. InvalidArgument ("ORIGIN:LINE: ...", without words of
// the file) where it is not YAML, is larger or deeper than ParseDocument allows, or has more than
// kMaxYamlEvents events.
absl::StatusOr<DocumentNode> ParseYamlDocument(std::string_view text, std::string_view origin);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_YAML_DOCUMENT_H_
