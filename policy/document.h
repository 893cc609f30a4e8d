// One tree for TOML and JSON, with the line of every value, so that every error can name it.
#ifndef SAFE_TRACE_POLICY_DOCUMENT_H_
#define SAFE_TRACE_POLICY_DOCUMENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/config.h"

namespace safe_trace {

struct DocumentMember;

struct DocumentNode {
  enum class Kind : uint8_t { kTable, kList, kString, kInteger, kReal, kBool, kNull, kDate };

  Kind kind = Kind::kTable;
  int line = 1;
  std::string text;
  int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<DocumentNode> items;
  std::vector<DocumentMember> members;  // in the order of their lines

  std::string_view KindName() const;  // "a string", for error messages
};

struct DocumentMember {
  std::string key;
  int line = 1;
  DocumentNode value;
};

inline constexpr size_t kMaxDocumentBytes = size_t{1} << 20;
inline constexpr int kMaxDocumentDepth = 16;

// InvalidArgument ("ORIGIN:LINE: ...") where `text` is not a table in that format, is larger or
// deeper than allowed, is not UTF-8, holds a NUL byte, or gives a key twice.
absl::StatusOr<DocumentNode> ParseDocument(std::string_view text, ConfigFormat format,
                                           std::string_view origin);

absl::Status DocumentError(std::string_view origin, int line, std::string_view message);

// `text` for an error message: at most 80 bytes, control bytes and broken UTF-8 as '?'.
std::string Printable(std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_DOCUMENT_H_
