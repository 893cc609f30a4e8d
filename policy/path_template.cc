#include "policy/path_template.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/document.h"
#include "policy/path_pattern.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxResults = 64;
constexpr size_t kMaxPath = 4096;
constexpr int kMaxNesting = 4;

using Values = std::vector<std::string>;

// Absolute and without "." ".." "//"; nothing where it cannot be made so. ".." is refused rather
// than resolved: with a symlink before it the kernel would go elsewhere.
std::optional<std::string> Normalize(std::string_view path, const TemplateFacts& facts) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return std::nullopt;
  std::string whole(path);
  if (path.front() != '/') {
    if (facts.working_directory.empty()) return std::nullopt;
    whole = Cat(facts.working_directory, "/", path);
  }
  if (whole.size() > kMaxPath || whole.front() != '/') return std::nullopt;
  std::string clean;
  for (std::string_view part : SplitSkipEmpty(whole, '/')) {
    if (part == ".") continue;
    if (part == "..") return std::nullopt;
    clean += Cat("/", part);
  }
  // A grant on the root or on the home is never what a manager's call means.
  if (clean.empty() || clean == facts.home) return std::nullopt;
  return clean;
}

// The shortest leading path of `path` that `glob` matches.
std::optional<std::string> LeadingMatch(std::string_view path, std::string_view glob) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string_view head = path.substr(0, slash);
    if (head.size() > 1 && MatchesPathGlob(glob, head)) return std::string(head);
    if (slash == std::string_view::npos) return std::nullopt;
  }
}

Values EnvironmentValues(std::string_view rest, const TemplateFacts& facts) {
  const size_t colon = rest.find(':');
  const std::string name(rest.substr(0, colon));
  const std::string_view glob =
      colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  const auto it = facts.environment.find(name);
  Values values;
  if (it == facts.environment.end()) return values;
  for (std::string_view element : SplitSkipEmpty(it->second, ':')) {
    if (values.size() >= kMaxResults) break;
    if (glob.empty()) {
      values.emplace_back(element);
    } else if (auto head = LeadingMatch(element, glob)) {
      values.push_back(*std::move(head));
    }
  }
  return values;
}

Values ArgumentValue(std::string_view number, const TemplateFacts& facts) {
  const std::optional<uint64_t> offset = ParseUnsigned(number);
  if (!offset || *offset > 1000) return {};
  const size_t index = facts.script_index + *offset;
  if (index >= facts.arguments.size()) return {};
  return {facts.arguments[index]};
}

std::optional<int> HexadecimalByte(std::string_view digits) {
  int value = 0;
  if (digits.size() < 2) return std::nullopt;
  for (char c : digits.substr(0, 2)) {
    const char lower = AsciiLower(c);
    const bool is_letter = lower >= 'a' && lower <= 'f';
    if (!is_letter && !IsAsciiDigit(c)) return std::nullopt;
    value = value * 16 + (is_letter ? lower - 'a' + 10 : c - '0');
  }
  return value;
}

Values OptionValues(std::string_view option, const TemplateFacts& facts) {
  const std::string joined = Cat(option, "=");
  Values values;
  for (size_t i = facts.script_index + 1; i < facts.arguments.size(); ++i) {
    const std::string& word = facts.arguments[i];
    if (values.size() >= kMaxResults) break;
    if (word == option && i + 1 < facts.arguments.size()) {
      values.push_back(facts.arguments[++i]);
    } else if (word.starts_with(joined)) {
      values.push_back(word.substr(joined.size()));
    }
  }
  return values;
}

Values SettingValues(std::string_view name, const TemplateFacts& facts) {
  const auto it = facts.settings.find(std::string(name));
  return it == facts.settings.end() ? Values{} : it->second;
}

// What Python writes as "TEXT" or b"TEXT", `at` just behind the opening quote; `at` moves behind
// the closing one.
std::string Unquote(std::string_view code, size_t& at) {
  std::string text;
  for (; at < code.size() && code[at] != '"'; ++at) {
    if (code[at] != '\\' || at + 1 >= code.size()) {
      text.push_back(code[at]);
      continue;
    }
    ++at;
    const std::optional<int> byte =
        code[at] == 'x' ? HexadecimalByte(code.substr(at + 1)) : std::nullopt;
    text.push_back(byte ? static_cast<char>(*byte) : code[at]);
    if (byte) at += 2;
  }
  ++at;
  return text;
}

// `rest`: "N:GLOB".
Values QuotedValues(std::string_view rest, const TemplateFacts& facts) {
  const size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return {};
  Values values;
  for (const std::string& code : ArgumentValue(rest.substr(0, colon), facts)) {
    for (size_t at = code.find('"'); at < code.size(); at = code.find('"', at)) {
      std::string text = Unquote(code, ++at);
      if (values.size() < kMaxResults && MatchesPathGlob(rest.substr(colon + 1), text)) {
        values.push_back(std::move(text));
      }
    }
  }
  return values;
}

Values ValuesAfter(std::string_view prefix, const TemplateFacts& facts) {
  Values values;
  for (size_t i = facts.script_index + 1; i < facts.arguments.size(); ++i) {
    if (facts.arguments[i].starts_with(prefix) && values.size() < kMaxResults) {
      values.push_back(facts.arguments[i].substr(prefix.size()));
    }
  }
  return values;
}

// In this glob `*` matches '/' too.
Values CommandWords(std::string_view glob, const TemplateFacts& facts) {
  Values values;
  for (const std::string& word : facts.command) {
    if (values.size() < kMaxResults && MatchesGlob(glob, word)) values.push_back(word);
  }
  return values;
}

Values PathPrefixes(const TemplateFacts& facts) {
  Values values;
  const auto path = facts.environment.find("PATH");
  if (path == facts.environment.end()) return values;
  for (std::string_view directory : SplitSkipEmpty(path->second, ':')) {
    if (directory.size() > 4 && directory.ends_with("/bin") && values.size() < kMaxResults) {
      values.emplace_back(directory.substr(0, directory.size() - 4));
    }
  }
  return values;
}

Values JsonValues(const std::string& file, std::string_view keys, const TemplateFacts& facts) {
  const std::optional<std::string> path = Normalize(file, facts);
  if (!path || !facts.read_file) return {};
  absl::StatusOr<DocumentNode> document =
      ParseDocument(facts.read_file(*path), ConfigFormat::kJson, *path);
  if (!document.ok()) return {};
  const DocumentNode* node = &*document;
  for (std::string_view key : Split(keys, '.')) {
    const auto member = std::find_if(node->members.begin(), node->members.end(),
                                     [&](const DocumentMember& m) { return m.key == key; });
    if (member == node->members.end()) return {};
    node = &member->value;
  }
  Values values;
  if (node->kind == DocumentNode::Kind::kString) values.push_back(node->text);
  for (const DocumentNode& item : node->items) {
    if (item.kind != DocumentNode::Kind::kString || values.size() >= kMaxResults) break;
    values.push_back(item.text);
  }
  return values;
}

Values ExpandText(std::string_view text, const TemplateFacts& facts, int nesting);

std::string UnderHome(const TemplateFacts& facts, const std::string& variable,
                      std::string_view fallback) {
  return ExpandPath(Cat("$", variable, fallback), facts.home, facts.environment);
}

Values NonEmpty(std::string value) { return value.empty() ? Values{} : Values{std::move(value)}; }

std::string ExecutablePrefix(const TemplateFacts& facts) {
  const size_t slash = facts.executable.rfind('/');
  if (slash == std::string::npos || slash == 0) return "";
  const size_t before = facts.executable.rfind('/', slash - 1);
  return before == std::string::npos ? "" : facts.executable.substr(0, before);
}

// The values of what stands between one pair of braces.
Values ExpandName(std::string_view name, const TemplateFacts& facts, int nesting) {
  if (name == "cwd") return NonEmpty(facts.working_directory);
  if (name == "path-prefix") return PathPrefixes(facts);
  if (name == "project") return NonEmpty(facts.project);
  if (name == "exe") return NonEmpty(facts.executable);
  if (name == "home") return NonEmpty(facts.home);
  if (name == "cache") return NonEmpty(UnderHome(facts, "XDG_CACHE_HOME", ""));
  if (name == "config") return NonEmpty(UnderHome(facts, "XDG_CONFIG_HOME", ""));
  if (name == "install") return facts.install_targets;
  if (name == "tmp") return facts.temporary_directories;
  if (name == "exe-prefix") return NonEmpty(ExecutablePrefix(facts));
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view kind = name.substr(0, colon);
  const std::string_view rest = name.substr(colon + 1);
  if (kind == "cwd") {
    const std::optional<std::string> head = LeadingMatch(facts.working_directory, rest);
    return head ? Values{*head} : Values{};
  }
  if (kind == "exe") {
    const std::optional<std::string> head = LeadingMatch(facts.executable, rest);
    return head ? Values{*head} : Values{};
  }
  if (kind == "command") return CommandWords(rest, facts);
  if (kind == "after") return ValuesAfter(rest, facts);
  if (kind == "arg") return ArgumentValue(rest, facts);
  if (kind == "env") return EnvironmentValues(rest, facts);
  if (kind == "setting") return SettingValues(rest, facts);
  if (kind == "option") return OptionValues(rest, facts);
  if (kind == "quoted") return QuotedValues(rest, facts);
  if (kind != "json") return {};
  // The file's part may hold templates, so the keys are what follows the last colon.
  const size_t last = rest.rfind(':');
  if (last == std::string_view::npos || nesting >= kMaxNesting) return {};
  const Values files = ExpandText(rest.substr(0, last), facts, nesting + 1);
  return files.size() == 1 ? JsonValues(files[0], rest.substr(last + 1), facts) : Values{};
}

// The position of the brace that closes the one at `open`.
size_t ClosingBrace(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

Values ExpandText(std::string_view text, const TemplateFacts& facts, int nesting) {
  Values results = {""};
  while (!text.empty()) {
    const size_t open = std::min(text.find('{'), text.size());
    for (std::string& result : results) result += Cat(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) break;
    const size_t close = ClosingBrace(text, 0);
    if (close == std::string_view::npos) return {};
    const Values values = ExpandName(text.substr(1, close - 1), facts, nesting);
    Values product;
    for (const std::string& result : results) {
      for (const std::string& value : values) {
        if (product.size() < kMaxResults && result.size() + value.size() <= kMaxPath) {
          product.push_back(result + value);
        }
      }
    }
    results = std::move(product);
    text.remove_prefix(close + 1);
  }
  return results;
}

}  // namespace

TemplateFacts TemplatesOfHost(const HostFacts& facts) {
  TemplateFacts templates;
  templates.working_directory = facts.working_directory;
  templates.project = facts.Project();
  templates.settings = facts.settings;
  templates.home = facts.home;
  templates.environment = facts.environment;
  templates.install_targets = facts.install_targets;
  templates.temporary_directories = facts.temporary_directories;
  templates.executable = facts.command_executable;
  templates.arguments = facts.arguments;
  // Of a nested manager it is what a script said.
  if (!facts.nested) templates.command = facts.arguments;
  return templates;
}

std::vector<std::string> ExpandTextTemplate(const std::string& tmpl, const TemplateFacts& facts) {
  return ExpandText(tmpl, facts, 0);
}

std::vector<std::string> ExpandTemplate(const std::string& tmpl, const TemplateFacts& facts) {
  std::vector<std::string> out;
  for (const std::string& text : ExpandText(tmpl, facts, 0)) {
    std::optional<std::string> path = Normalize(text, facts);
    if (!path || std::find(out.begin(), out.end(), *path) != out.end()) continue;
    out.push_back(*std::move(path));
  }
  return out;
}

}  // namespace safe_trace
