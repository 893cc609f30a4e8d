#include "tracer/events/plain_line.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace safe_trace {
namespace {

// A record of ours has fewer fields, a number of 18 digits fits.
constexpr size_t kMaxPlainFields = 64;
constexpr size_t kMaxPlainItems = 4'096;
constexpr size_t kMaxDigits = 18;

// Bytes that may stand in a text as they are, the quote that ends it not among them.
constexpr std::array<bool, 256> PlainBytes() {
  std::array<bool, 256> plain{};
  for (size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = PlainBytes();

class PlainParser {
 public:
  explicit PlainParser(std::string_view text) : text_(text) {}

  bool Parse(TraceRecord& record) {
    record.fields.clear();
    record.fields.reserve(24);
    if (!Take('{')) return false;
    do {
      std::string_view key;
      if (!Text(key) || !Take(':') || record.fields.size() >= kMaxPlainFields) return false;
      if (record.Find(key) != nullptr) return false;
      if (!Value(record.fields.emplace_back(std::string(key), FieldValue()).second)) return false;
    } while (Take(','));
    return Take('}') && at_ == text_.size();
  }

 private:
  bool Take(char byte) {
    if (at_ >= text_.size() || text_[at_] != byte) return false;
    ++at_;
    return true;
  }
  bool Take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool Text(std::string_view& out) {
    if (!Take('"')) return false;
    const size_t start = at_;
    while (at_ < text_.size() && kPlain[static_cast<unsigned char>(text_[at_])]) ++at_;
    out = text_.substr(start, at_ - start);
    return Take('"');
  }

  bool Number(int64_t& out) {
    const bool is_negative = Take('-');
    const size_t start = at_;
    int64_t value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (at_ - start >= kMaxDigits) return false;
      value = value * 10 + (text_[at_] - '0');
      ++at_;
    }
    const size_t digits = at_ - start;
    // -0 is a floating point number for some parsers.
    if (digits == 0 || (text_[start] == '0' && (digits > 1 || is_negative))) return false;
    out = is_negative ? -value : value;
    return true;
  }

  bool List(std::vector<std::string>& out) {
    if (Take(']')) return true;
    do {
      std::string_view item;
      if (!Text(item) || out.size() >= kMaxPlainItems) return false;
      out.emplace_back(item);
    } while (Take(','));
    return Take(']');
  }

  bool Value(FieldValue& out) {
    if (at_ >= text_.size()) return false;
    switch (text_[at_]) {
      case '"': {
        std::string_view text;
        if (!Text(text)) return false;
        out.emplace<std::string>(text);
        return true;
      }
      case '[':
        ++at_;
        return List(out.emplace<std::vector<std::string>>());
      case 't':
        out = true;
        return Take("true");
      case 'f':
        out = false;
        return Take("false");
      default:
        return Number(out.emplace<int64_t>());
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool ParsePlainLine(std::string_view line, TraceRecord& record) {
  return PlainParser(line).Parse(record);
}

}  // namespace safe_trace
