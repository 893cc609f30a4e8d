#include "tools/trace/export_text.h"

#include <algorithm>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tracer/events/json_line.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

bool IsPlain(std::string_view text) {
  if (IsPrintableAscii(text)) return true;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char character = DecodeUtf8(text, at);
    if (character.length == 0) return false;
    const char byte = text[at];
    const bool is_space = byte == '\n' || byte == '\r' || byte == '\t';
    if (IsControl(character.code_point) && !is_space) return false;
    at += character.length;
  }
  return true;
}

// RFC 3986, unreserved, and the slash.
bool StaysInUri(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~' ||
         byte == '/';
}

std::string PercentEncoded(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char byte : path) {
    if (StaysInUri(byte)) {
      out.push_back(byte);
      continue;
    }
    const auto value = static_cast<unsigned char>(byte);
    out.append("%").append(1, kDigits[value >> 4]).append(1, kDigits[value & 0xf]);
  }
  return out;
}

bool HasDots(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (part == "." || part == "..") return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

}  // namespace

std::string ExportText(std::string_view text) {
  return IsPlain(text) ? std::string(text) : SafeText(text);
}

std::vector<std::string> ExportTexts(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(ExportText(text));
  return out;
}

std::string OneLine(const ExportJson& json) {
  // `replace`: no text here is anything but UTF-8, and a wrong one must not throw.
  return json.dump(-1, ' ', false, ExportJson::error_handler_t::replace);
}

void SetText(ExportJson& json, const char* key, const TraceRecord& record, std::string_view field) {
  if (const std::string_view text = record.Text(field); !text.empty()) json[key] = ExportText(text);
}

void SetNumber(ExportJson& json, const char* key, const TraceRecord& record,
               std::string_view field) {
  const FieldValue* value = record.Find(field);
  if (value == nullptr) return;
  if (const auto* number = std::get_if<int64_t>(value)) json[key] = *number;
}

ExportJson FieldJson(const FieldValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return ExportText(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  return ExportTexts(std::get<std::vector<std::string>>(value));
}

std::string FileUri(std::string_view path) {
  if (path.empty() || path.front() != '/') return "";
  return "file://" + PercentEncoded(path);
}

std::optional<std::string> RelativeUri(std::string_view directory, std::string_view path) {
  while (directory.size() > 1 && directory.back() == '/') directory.remove_suffix(1);
  const bool is_beneath = directory.size() > 1 && path.size() > directory.size() + 1 &&
                          path.substr(0, directory.size()) == directory &&
                          path[directory.size()] == '/';
  if (!is_beneath) return std::nullopt;
  const std::string_view rest = path.substr(directory.size() + 1);
  if (rest.front() == '/' || HasDots(rest)) return std::nullopt;
  return PercentEncoded(rest);
}

std::optional<int64_t> NanosecondsOf(const TraceRecord& record) {
  int64_t time = 0;
  if (!ParseTimestamp(record.Text("@timestamp"), time)) return std::nullopt;
  return time;
}

std::string PackageText(const TraceRecord& record) {
  const std::string_view name = record.Text("package.name");
  if (name.empty()) return "";
  std::string text(record.Text("safe_trace.ecosystem"));
  if (!text.empty()) text.append(":");
  text.append(name);
  const std::string_view version = record.Text("package.version");
  if (!version.empty()) text.append("@").append(version);
  return ExportText(text);
}

std::string SentenceText(const TraceRecord& record) {
  std::string text = SubjectText(record);
  if (!text.empty()) text.append(": ");
  text.append(DoingText(record));
  const std::string verdict = VerdictText(record);
  if (!verdict.empty()) text.append(": ").append(verdict);
  return text;
}

bool IsFinding(const TraceRecord& record) {
  return IsViolation(record) || record.Text("event.action") == "startup-file";
}

std::string FindingRule(const TraceRecord& record) {
  const std::string_view rule = record.Text("rule.id");
  return ExportText(rule.empty() ? record.Text("event.action") : rule);
}

}  // namespace safe_trace
