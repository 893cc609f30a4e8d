// The two halves of ParseDocument. They expect UTF-8 without NUL, at most kMaxDocumentBytes.
#ifndef SAFE_TRACE_POLICY_DOCUMENT_READERS_H_
#define SAFE_TRACE_POLICY_DOCUMENT_READERS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "policy/document.h"

namespace safe_trace {

absl::StatusOr<DocumentNode> ParseTomlDocument(std::string_view text, std::string_view origin);
absl::StatusOr<DocumentNode> ParseJsonDocument(std::string_view text, std::string_view origin);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_DOCUMENT_READERS_H_
