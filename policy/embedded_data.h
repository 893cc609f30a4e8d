// The files under policy/data and policy/profiles as they were when this was built.
#ifndef SAFE_TRACE_POLICY_EMBEDDED_DATA_H_
#define SAFE_TRACE_POLICY_EMBEDDED_DATA_H_

#include <span>
#include <string_view>

namespace safe_trace {

struct EmbeddedFile {
  std::string_view name;  // "data/credentials.toml", relative to policy/
  std::string_view text;
};

// Sorted by name.
std::span<const EmbeddedFile> EmbeddedFiles();

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_EMBEDDED_DATA_H_
