#include "tracer/events/json_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
// What a list element costs beside its bytes: quotes and comma, so that empty ones count too.
constexpr size_t kElementOverhead = 4;

constexpr std::array<bool, 256> MakePlainTable() {
  std::array<bool, 256> table{};
  for (size_t c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}
constexpr std::array<bool, 256> kPlainByte = MakePlainTable();

void AppendHexEscape(unsigned char byte, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::array<char, 5> text = {'\\', '\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xf]};
  out.append(text.data(), text.size());
}

// One character that is not plain ASCII. Returns how many bytes it took; 0: needs escaped mode.
size_t AppendSpecial(std::string_view text, size_t at, TextMode mode, std::string& out) {
  const char c = text[at];
  switch (c) {
    case '"':
      out.append("\\\"");
      return 1;
    case '\\':
      out.append(mode == TextMode::kPlain ? "\\\\" : "\\\\\\\\");
      return 1;
    case '\n':
      out.append("\\n");
      return 1;
    case '\r':
      out.append("\\r");
      return 1;
    case '\t':
      out.append("\\t");
      return 1;
    default:
      break;
  }
  const Utf8Char character = DecodeUtf8(text, at);
  if (character.length > 0 && !IsControl(character.code_point)) {
    out.append(text.substr(at, character.length));
    return character.length;
  }
  if (mode == TextMode::kPlain) return 0;
  AppendHexEscape(static_cast<unsigned char>(c), out);
  return 1;
}

// The characters of a JSON string, without its quotes.
bool AppendCharacters(std::string_view text, TextMode mode, std::string& out) {
  size_t at = 0;
  while (at < text.size()) {
    size_t end = at;
    while (end < text.size() && kPlainByte[static_cast<unsigned char>(text[end])]) ++end;
    out.append(text.substr(at, end - at));
    if (end == text.size()) return true;
    const size_t taken = AppendSpecial(text, end, mode, out);
    if (taken == 0) return false;
    at = end + taken;
  }
  return true;
}

void AppendNumber(int64_t number, std::string& out) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), static_cast<size_t>(result.ptr - text.data()));
}

// Writes values within the bounds of one line.
class ValueAppender {
 public:
  ValueAppender(TextMode mode, std::string& out) : mode_(mode), out_(out) {}

  bool Append(const std::string& text) {
    return AppendBounded(text, std::min(kMaxFieldBytes, budget_));
  }
  bool Append(int64_t number) {
    AppendNumber(number, out_);
    return true;
  }
  bool Append(bool value) {
    out_.append(value ? "true" : "false");
    return true;
  }
  bool Append(const std::vector<std::string>& list) {
    size_t room = std::min(kMaxFieldBytes, budget_);
    out_.push_back('[');
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_.push_back(',');
      if (room <= kElementOverhead) {
        absl::StrAppend(&out_, "\"…[cut ", list.size() - i, " items]\"");
        break;
      }
      if (!AppendBounded(list[i], room - kElementOverhead)) return false;
      room -= std::min(room, list[i].size() + kElementOverhead);
      budget_ -= std::min(budget_, kElementOverhead);
    }
    out_.push_back(']');
    return true;
  }

 private:
  bool AppendBounded(std::string_view text, size_t limit) {
    const size_t kept = Utf8PrefixLength(text, limit);
    out_.push_back('"');
    if (!AppendCharacters(text.substr(0, kept), mode_, out_)) return false;
    if (kept < text.size()) absl::StrAppend(&out_, "…[cut ", text.size() - kept, " bytes]");
    out_.push_back('"');
    budget_ -= std::min(budget_, kept);
    return true;
  }

  TextMode mode_;
  std::string& out_;
  size_t budget_ = kMaxLineValueBytes;
};

// ECS event.type for the actions whose handlers need not say it.
std::string_view EventType(std::string_view action) {
  struct Row {
    std::string_view action;
    std::string_view type;
  };
  static constexpr std::array kRows = {Row{"file-open", "access"},
                                       Row{"file-write", "change"},
                                       Row{"file-create", "creation"},
                                       Row{"file-remove", "deletion"},
                                       Row{"file-rename", "change"},
                                       Row{"file-link", "creation"},
                                       Row{"file-attribute", "change"},
                                       Row{"file-changed", "change"},
                                       Row{"files-changed", "change"},
                                       Row{"process-start", "start"},
                                       Row{"process-exec", "start"},
                                       Row{"process-exit", "end"},
                                       Row{"survivor-ended", "end"},
                                       Row{"dns-question", "protocol"},
                                       Row{"name-lookup", "protocol"},
                                       Row{"run-start", "start"},
                                       Row{"run-end", "end"}};
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [action](const Row& r) { return r.action == action; });
  if (row != kRows.end()) return row->type;
  return action.substr(0, 8) == "network-" ? "connection" : "info";
}

bool IsWriterKey(std::string_view key) {
  return key == "@timestamp" || key == "event.sequence" || key == "event.kind" ||
         key == "event.category" || key == "event.action" || key == "event.outcome" ||
         key == "safe_trace.run_id" || key == "safe_trace.escaped" ||
         key == "safe_trace.prev_hash" || key == "safe_trace.seal";
}

bool IsSetLater(const TraceEvent& event, size_t index) {
  for (size_t i = index + 1; i < event.fields.size(); ++i) {
    if (event.fields[i].first == event.fields[index].first) return true;
  }
  return false;
}

bool HasField(const TraceEvent& event, std::string_view key) {
  return std::any_of(event.fields.begin(), event.fields.end(),
                     [key](const auto& field) { return field.first == key; });
}

bool AppendFields(const TraceEvent& event, TextMode mode, std::string& out) {
  ValueAppender appender(mode, out);
  for (size_t i = 0; i < event.fields.size(); ++i) {
    const auto& [key, value] = event.fields[i];
    if (IsWriterKey(key) || IsSetLater(event, i)) continue;
    out.append(",\"");
    // A key that is not plain text would be a mistake of ours; it must still be valid JSON.
    if (!AppendCharacters(key, mode, out)) return false;
    out.append("\":");
    if (!std::visit([&appender](const auto& v) { return appender.Append(v); }, value)) return false;
  }
  return true;
}

int TwoDigits(std::string_view text, size_t at) {
  return (text[at] - '0') * 10 + text[at + 1] - '0';
}

}  // namespace

bool AppendJsonString(std::string_view text, TextMode mode, std::string& out) {
  out.push_back('"');
  if (!AppendCharacters(text, mode, out)) return false;
  out.push_back('"');
  return true;
}

std::string UnescapeText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out.push_back(text[i]);
    } else if (text[i + 1] == '\\') {
      out.push_back('\\');
      ++i;
    } else {
      unsigned byte = 0;
      const char* digits = text.data() + i + 2;
      const bool is_hex = text[i + 1] == 'x' && text.size() - i >= 4 &&
                          std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
      out.push_back(is_hex ? static_cast<char>(byte) : '\\');
      if (is_hex) i += 3;
    }
  }
  return out;
}

std::string FormatTimestamp(int64_t wall_clock_ns) {
  const time_t seconds = static_cast<time_t>(wall_clock_ns / kNanosecondsPerSecond);
  tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 80> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ",
                    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                    utc.tm_sec, static_cast<int>(wall_clock_ns % kNanosecondsPerSecond));
  return std::string(text.data(), static_cast<size_t>(length));
}

bool ParseTimestamp(std::string_view text, int64_t& wall_clock_ns) {
  constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
  if (text.size() != kPattern.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kPattern[i] == 'd' ? !digit : text[i] != kPattern[i]) return false;
  }
  tm utc{};
  utc.tm_year = TwoDigits(text, 0) * 100 + TwoDigits(text, 2) - 1900;
  utc.tm_mon = TwoDigits(text, 5) - 1;
  utc.tm_mday = TwoDigits(text, 8);
  utc.tm_hour = TwoDigits(text, 11);
  utc.tm_min = TwoDigits(text, 14);
  utc.tm_sec = TwoDigits(text, 17);
  // Beyond these years nanoseconds do not fit 64 bits.
  if (utc.tm_year < 70 || utc.tm_year > 300) return false;
  int64_t fraction = 0;
  std::from_chars(text.data() + 20, text.data() + 29, fraction);
  wall_clock_ns = int64_t{timegm(&utc)} * kNanosecondsPerSecond + fraction;
  return true;
}

void LineFormatter::AppendTimestamp(int64_t wall_clock_ns, std::string& out) {
  const int64_t second = wall_clock_ns / kNanosecondsPerSecond;
  if (second != cached_second_) {
    cached_second_ = second;
    cached_text_ = FormatTimestamp(wall_clock_ns).substr(0, 20);
  }
  std::array<char, 9> digits;
  int64_t rest = wall_clock_ns % kNanosecondsPerSecond;
  for (size_t i = digits.size(); i-- > 0; rest /= 10) {
    digits[i] = static_cast<char>('0' + rest % 10);
  }
  out.append(cached_text_).append(digits.data(), digits.size()).push_back('Z');
}

bool LineFormatter::AppendInMode(const TraceEvent& event, int64_t sequence,
                                 std::string_view prev_hash, TextMode mode, std::string& out) {
  out.append("{\"@timestamp\":\"");
  AppendTimestamp(std::max<int64_t>(event.wall_clock_ns, 0), out);
  out.append("\",\"event.sequence\":");
  AppendNumber(sequence, out);
  out.append(event.is_violation ? ",\"event.kind\":\"alert\"" : ",\"event.kind\":\"event\"");
  out.append(",\"event.category\":");
  if (!AppendJsonString(event.category, mode, out)) return false;
  if (!HasField(event, "event.type")) {
    out.append(",\"event.type\":\"").append(EventType(event.action)).push_back('"');
  }
  out.append(",\"event.action\":");
  if (!AppendJsonString(event.action, mode, out)) return false;
  out.append(",\"event.outcome\":");
  if (!AppendJsonString(event.outcome, mode, out)) return false;
  out.append(",\"safe_trace.run_id\":\"").append(run_id_).push_back('"');
  if (!AppendFields(event, mode, out)) return false;
  if (mode == TextMode::kEscaped) out.append(",\"safe_trace.escaped\":true");
  out.append(",\"safe_trace.prev_hash\":\"").append(prev_hash).append("\"}");
  return true;
}

void LineFormatter::Append(const TraceEvent& event, int64_t sequence, std::string_view prev_hash,
                           std::string& out) {
  const size_t start = out.size();
  if (AppendInMode(event, sequence, prev_hash, TextMode::kPlain, out)) return;
  out.resize(start);
  // Cannot fail: the escaped mode has a form for every byte.
  (void)AppendInMode(event, sequence, prev_hash, TextMode::kEscaped, out);
}

}  // namespace safe_trace
