#include "policy/document.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "policy/document_readers.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// The length of the well-formed UTF-8 sequence that `text` begins with, 0 where it is broken.
size_t Utf8Sequence(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  size_t length = 0;
  if (first >= 0xc2 && first <= 0xdf) length = 2;
  if (first >= 0xe0 && first <= 0xef) length = 3;
  if (first >= 0xf0 && first <= 0xf4) length = 4;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if (first == 0xe0 && at(1) < 0xa0) return 0;
  if (first == 0xed && at(1) > 0x9f) return 0;
  if (first == 0xf0 && at(1) < 0x90) return 0;
  if (first == 0xf4 && at(1) > 0x8f) return 0;
  return length;
}

absl::Status CheckBytes(std::string_view text, std::string_view origin) {
  if (text.size() > kMaxDocumentBytes) {
    return DocumentError(origin, 1, "the file is larger than 1 MiB");
  }
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\n') ++line;
    if (text[i] == '\0') return DocumentError(origin, line, "the file holds a NUL byte");
    const size_t length = Utf8Sequence(text.substr(i));
    if (length == 0) return DocumentError(origin, line, "the file is not UTF-8 text");
    i += length;
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view DocumentNode::KindName() const {
  static constexpr std::array<std::string_view, 8> kNames = {
      "a table", "a list", "a string", "an integer", "a number", "true or false", "null", "a date"};
  return kNames[static_cast<size_t>(kind)];
}

absl::Status DocumentError(std::string_view origin, int line, std::string_view message) {
  return absl::InvalidArgumentError(Cat(origin, ":", line, ": ", message));
}

std::string Printable(std::string_view text) {
  constexpr size_t kMost = 80;
  std::string out;
  while (!text.empty() && out.size() < kMost) {
    const size_t length = Utf8Sequence(text);
    const bool control = text[0] >= 0 && (text[0] < 0x20 || text[0] == 0x7f);
    if (length == 0 || control) {
      out.push_back('?');
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  if (!text.empty()) out.append("...");
  return out;
}

absl::StatusOr<DocumentNode> ParseDocument(std::string_view text, ConfigFormat format,
                                           std::string_view origin) {
  if (absl::Status status = CheckBytes(text, origin); !status.ok()) return status;
  return format == ConfigFormat::kToml ? ParseTomlDocument(text, origin)
                                       : ParseJsonDocument(text, origin);
}

}  // namespace safe_trace
