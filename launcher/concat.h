// absl::StrCat for std::string_view too.
#ifndef SAFE_TRACE_LAUNCHER_CONCAT_H_
#define SAFE_TRACE_LAUNCHER_CONCAT_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace concat_internal {

// The distribution's Abseil is built with a string_view of its own, which neither converts from
// nor to the standard one.
inline absl::string_view Piece(std::string_view text) { return {text.data(), text.size()}; }
inline absl::string_view Piece(const std::string& text) { return text; }
inline absl::string_view Piece(const char* text) { return text; }
inline absl::string_view Piece(absl::string_view text) { return text; }
template <typename T>
absl::AlphaNum Piece(const T& other) {
  return absl::AlphaNum(other);
}

}  // namespace concat_internal

template <typename... T>
std::string Concat(const T&... pieces) {
  return absl::StrCat(concat_internal::Piece(pieces)...);
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_CONCAT_H_
