// What in a byte string is valid UTF-8, and what of it could steer a terminal.
#ifndef SAFE_TRACE_TRACER_EVENTS_UTF8_H_
#define SAFE_TRACE_TRACER_EVENTS_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace safe_trace {

struct Utf8Char {
  uint32_t code_point = 0;
  size_t length = 0;  // bytes; 0 where the bytes at this place are not valid UTF-8
};

// The character that starts at `at`, which must be less than text.size(). Overlong forms,
// surrogates and values above U+10FFFF are not valid.
Utf8Char DecodeUtf8(std::string_view text, size_t at);

// The longest prefix of `text` of at most `limit` bytes that does not end inside a character.
size_t Utf8PrefixLength(std::string_view text, size_t limit);

// C0 controls, DEL and C1 controls (some terminals take U+009B as ESC [).
constexpr bool IsControl(uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

// True for the text that needs no care anywhere, which nearly all is: from ' ' to '~'.
inline bool IsPrintableAscii(std::string_view text) {
  bool outside = false;  // without a branch for each byte
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    outside |= value < 0x20 || value > 0x7e;
  }
  return !outside;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_UTF8_H_
