#include "tools/trace/event_filter.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "tools/trace/display_text.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

// Patterns are the user's own; the bound keeps the product with a value of megabytes small.
constexpr size_t kMaxGlobBytes = 1024;

struct ShortKey {
  std::string_view name;
  std::array<std::string_view, 5> keys;  // "" from the first that is not used
};

constexpr std::array kShortKeys = {
    ShortKey{"package", {"package.name"}},
    ShortKey{"version", {"package.version"}},
    ShortKey{"ecosystem", {"safe_trace.ecosystem"}},
    ShortKey{"role", {"safe_trace.role"}},
    ShortKey{"action", {"event.action"}},
    ShortKey{"kind", {"event.kind"}},
    ShortKey{"path", {"file.path"}},
    ShortKey{"host",
             {"destination.domain", "dns.question.name", "url.domain", "tls.client.server_name",
              "destination.ip"}},
    ShortKey{"port", {"destination.port", "url.port"}},
    ShortKey{"rule", {"rule.id"}},
    ShortKey{"decision", {"safe_trace.decision"}},
    ShortKey{"program", {"process.executable"}},
    ShortKey{"pid", {"process.pid"}},
    ShortKey{"variable", {"safe_trace.variable", "safe_trace.removed"}}};

bool IsKeyByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '.' || byte == '@' || byte == '-';
}

struct Parts {
  std::string_view key;
  FilterTest test;
  std::string_view value;
};

std::optional<Parts> Split(std::string_view argument) {
  const size_t at = argument.find('=');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  Parts parts{argument.substr(0, at), FilterTest::kEquals, argument.substr(at + 1)};
  if (parts.key.back() == '!') parts.test = FilterTest::kDiffers;
  if (parts.key.back() == '~') parts.test = FilterTest::kMatches;
  if (parts.test != FilterTest::kEquals) parts.key.remove_suffix(1);
  const bool is_key =
      !parts.key.empty() && std::all_of(parts.key.begin(), parts.key.end(), IsKeyByte);
  return is_key ? std::optional<Parts>(parts) : std::nullopt;
}

size_t CharacterLength(std::string_view text, size_t at) {
  return std::max<size_t>(DecodeUtf8(text, at).length, 1);
}

}  // namespace

bool LooksLikeFilter(std::string_view argument) { return Split(argument).has_value(); }

absl::StatusOr<EventFilter> ParseFilter(std::string_view argument) {
  const std::optional<Parts> parts = Split(argument);
  if (!parts.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", SafeText(argument), "' is not KEY=VALUE, KEY!=VALUE or KEY~=GLOB"));
  }
  absl::StatusOr<std::vector<std::string>> keys = KeysNamed(parts->key);
  if (!keys.ok()) return keys.status();
  if (parts->test == FilterTest::kMatches && parts->value.size() > kMaxGlobBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a glob of more than ", kMaxGlobBytes, " bytes"));
  }
  return EventFilter{*std::move(keys), parts->test, std::string(parts->value)};
}

absl::StatusOr<std::vector<std::string>> KeysNamed(std::string_view name) {
  for (const ShortKey& candidate : kShortKeys) {
    if (candidate.name != name) continue;
    std::vector<std::string> keys;
    for (const std::string_view key : candidate.keys) {
      if (!key.empty()) keys.emplace_back(key);
    }
    return keys;
  }
  // Every key of the schema but @timestamp holds a dot; those of later versions are not known here.
  const bool is_key = !name.empty() && std::all_of(name.begin(), name.end(), IsKeyByte) &&
                      (name.find('.') != std::string_view::npos || name == "@timestamp");
  if (is_key) return std::vector<std::string>{std::string(name)};
  return absl::InvalidArgumentError(
      absl::StrCat("no key '", SafeText(name), "'; there are ", ShortKeyNames(),
                   ", and the keys of the schema as they are written, such as file.path"));
}

std::string ShortKeyNames() {
  std::string names;
  for (const ShortKey& key : kShortKeys) {
    names.append(names.empty() ? "" : ", ").append(key.name);
  }
  return names;
}

void ForEachValue(const TraceRecord& record, const std::vector<std::string>& keys,
                  const std::function<bool(std::string_view)>& use) {
  for (const std::string& key : keys) {
    const FieldValue* field = record.Find(key);
    if (field == nullptr) continue;
    if (const auto* list = std::get_if<std::vector<std::string>>(field)) {
      for (const std::string& item : *list) {
        if (!item.empty() && !use(item)) return;
      }
    } else if (const auto* text = std::get_if<std::string>(field)) {
      if (!text->empty() && !use(*text)) return;
    } else if (const auto* number = std::get_if<int64_t>(field)) {
      if (!use(std::to_string(*number))) return;
    } else if (!use(std::get<bool>(*field) ? "true" : "false")) {
      return;
    }
  }
}

bool Fits(const EventFilter& filter, const TraceRecord& record) {
  bool has_value = false;
  bool is_hit = false;
  ForEachValue(record, filter.keys, [&](std::string_view value) {
    has_value = true;
    is_hit = filter.test == FilterTest::kMatches ? GlobMatches(filter.value, value)
                                                 : value == filter.value;
    return !is_hit;
  });
  if (filter.test == FilterTest::kDiffers) return has_value && !is_hit;
  if (filter.test == FilterTest::kEquals && filter.value.empty()) return !has_value;
  return is_hit;
}

bool GlobMatches(std::string_view pattern, std::string_view text) {
  size_t at = 0;
  size_t in_pattern = 0;
  size_t star = std::string_view::npos;  // behind the last star
  size_t resume = 0;                     // where that star's match ends so far
  while (at < text.size()) {
    const char wanted = in_pattern < pattern.size() ? pattern[in_pattern] : '\0';
    const bool is_inside = in_pattern < pattern.size();
    if (is_inside && wanted == '*') {
      star = ++in_pattern;
      resume = at;
      continue;
    }
    if (is_inside && wanted == '?') {
      ++in_pattern;
      at += CharacterLength(text, at);
      continue;
    }
    const bool is_quoted = is_inside && wanted == '\\' && in_pattern + 1 < pattern.size();
    const size_t literal = in_pattern + (is_quoted ? 1 : 0);
    if (is_inside && pattern[literal] == text[at]) {
      in_pattern = literal + 1;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star;
      resume += CharacterLength(text, resume);
      at = resume;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace safe_trace
