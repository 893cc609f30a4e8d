#include "launcher/registry_settings.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "launcher/concat.h"
#include "launcher/yaml_document.h"
#include "policy/config.h"
#include "policy/document.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMostSettings = 50'000;
constexpr size_t kMostExpanded = size_t{64} << 10;

using Settings = std::vector<RegistrySetting>;

bool IsQuote(char c) { return c == '"' || c == '\''; }

// A quoted word without its quotes, otherwise what stands before a comment.
std::string IniText(std::string_view text) {
  text = Strip(text);
  if (text.size() >= 2 && IsQuote(text.front()) && text.back() == text.front()) {
    return std::string(text.substr(1, text.size() - 2));
  }
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() &&
                         std::string_view(";#\\").find(text[i + 1]) != std::string_view::npos;
    if (escapes) {
      ++i;
    } else if (text[i] == ';' || text[i] == '#') {
      break;
    }
    plain += text[i];
  }
  return std::string(StripEnd(plain));
}

// Where `text` has a second word that does not begin with '=': yarn's `registry "https://..."`.
std::optional<size_t> EndOfFirstWord(std::string_view text) {
  size_t end = text.find_first_of(" \t");
  if (!text.empty() && IsQuote(text.front())) end = text.find(text.front(), 1);
  if (end == std::string_view::npos) return std::nullopt;
  if (IsQuote(text[end])) {
    ++end;
  } else if (text.substr(0, end).find('=') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view rest = Strip(text.substr(end));
  if (rest.empty() || rest.front() == '=') return std::nullopt;
  return end;
}

Settings ParseIni(std::string_view text) {
  Settings settings;
  std::string section;
  for (std::string_view raw : Split(text, '\n')) {
    const std::string_view line = Strip(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = std::string(Strip(line.substr(1, line.size() - 2)));
      continue;
    }
    std::optional<size_t> end = EndOfFirstWord(line);
    size_t value = end.value_or(0);
    if (!end) {
      end = line.find('=');
      if (*end == std::string_view::npos) continue;
      value = *end + 1;
    }
    std::string key = IniText(line.substr(0, *end));
    if (key.ends_with("[]")) key.resize(key.size() - 2);
    if (!section.empty()) key.insert(0, section + ".");
    settings.push_back({std::move(key), IniText(line.substr(value))});
    if (settings.size() > kMostSettings) break;
  }
  return settings;
}

Settings ParseVariables(std::string_view text) {
  Settings settings;
  for (std::string_view raw : Split(text, '\n')) {
    const std::string_view line = Strip(raw);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.front() == '#') continue;
    settings.push_back(
        {std::string(Strip(line.substr(0, equals))), IniText(line.substr(equals + 1))});
    if (settings.size() > kMostSettings) break;
  }
  return settings;
}

// The depth is bounded by the parsers.
void Flatten(const DocumentNode& node, const std::string& key, Settings& settings) {
  if (settings.size() > kMostSettings) return;
  if (node.kind == DocumentNode::Kind::kString) settings.push_back({key, node.text});
  for (const DocumentNode& item : node.items) Flatten(item, key, settings);
  for (const DocumentMember& member : node.members) {
    Flatten(member.value, key.empty() ? member.key : Concat(key, ".", member.key), settings);
  }
}

// What `${...}` is replaced by; nothing where it stays.
std::optional<std::string> VariableValue(std::string_view inside,
                                         const std::map<std::string, std::string>& environment) {
  const size_t end = inside.find_first_of("?-:");
  const std::string_view rest =
      end == std::string_view::npos ? std::string_view() : inside.substr(end);
  const auto found = environment.find(std::string(inside.substr(0, end)));
  const bool also_for_empty = rest.starts_with(":-");
  if (found != environment.end() && !(also_for_empty && found->second.empty())) {
    return found->second;
  }
  if (rest == "?") return "";
  if (also_for_empty) return std::string(rest.substr(2));
  if (rest.starts_with("-")) return std::string(rest.substr(1));
  return std::nullopt;
}

}  // namespace

absl::StatusOr<DocumentNode> ParseSettingsTree(std::string_view text, std::string_view format,
                                               std::string_view origin) {
  if (format == "yaml") return ParseYamlDocument(text, origin);
  const bool is_json = format == "json";
  absl::StatusOr<DocumentNode> document =
      ParseDocument(text, is_json ? ConfigFormat::kJson : ConfigFormat::kToml, "");
  if (document.ok()) return document;
  // ":LINE: what", and what may quote the file.
  const std::string said(document.status().message());
  const size_t end = said.find(':', 1);
  const uint64_t line =
      said.starts_with(':') ? ParseUnsigned(said.substr(1, end - 1)).value_or(1) : 1;
  return DocumentError(origin, static_cast<int>(line),
                       is_json ? "cannot be read as JSON" : "cannot be read as TOML");
}

absl::StatusOr<std::vector<RegistrySetting>> ParseRegistrySettings(std::string_view text,
                                                                   std::string_view format,
                                                                   std::string_view origin) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Settings settings;
  if (format == "ini") {
    settings = ParseIni(text);
  } else if (format == "variables") {
    settings = ParseVariables(text);
  } else {
    absl::StatusOr<DocumentNode> tree = ParseSettingsTree(text, format, origin);
    if (!tree.ok()) return tree.status();
    Flatten(*tree, "", settings);
  }
  if (settings.size() > kMostSettings) {
    return absl::ResourceExhaustedError(Concat(origin, ": more than ", kMostSettings, " settings"));
  }
  return settings;
}

std::string ExpandVariables(std::string_view text,
                            const std::map<std::string, std::string>& environment) {
  std::string expanded;
  while (!text.empty() && expanded.size() < kMostExpanded) {
    const size_t open = std::min(text.find("${"), text.size());
    expanded += Concat(text.substr(0, open));
    text.remove_prefix(open);
    const size_t close = text.find('}');
    if (text.empty() || close == std::string_view::npos) {
      expanded += Concat(text);
      break;
    }
    const std::optional<std::string> value = VariableValue(text.substr(2, close - 2), environment);
    expanded += value ? *value : Concat(text.substr(0, close + 1));
    text.remove_prefix(close + 1);
  }
  if (expanded.size() > kMostExpanded) expanded.resize(kMostExpanded);
  return expanded;
}

}  // namespace safe_trace
