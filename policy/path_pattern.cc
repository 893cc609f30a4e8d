#include "policy/path_pattern.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxPath = 4096;
constexpr size_t kMaxListElements = 32;

// Matches one byte against the glob element at `position` and moves past that element.
bool MatchOne(std::string_view glob, size_t& position, char c) {
  const char first = glob[position];
  if (first == '?') {
    ++position;
    return true;
  }
  if (first == '\\' && position + 1 < glob.size()) {
    position += 2;
    return glob[position - 1] == c;
  }
  if (first != '[') {
    ++position;
    return first == c;
  }
  size_t i = position + 1;
  const bool negated = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (negated) ++i;
  // A ']' that comes first belongs to the set.
  const size_t close = glob.find(']', i + 1);
  if (close == std::string_view::npos) {
    ++position;
    return c == '[';
  }
  bool found = false;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(glob[at]); };
  const auto wanted = static_cast<unsigned char>(c);
  while (i < close) {
    if (i + 2 < close && glob[i + 1] == '-') {
      found = found || (byte(i) <= wanted && wanted <= byte(i + 2));
      i += 3;
    } else {
      found = found || byte(i) == wanted;
      ++i;
    }
  }
  position = close + 1;
  return found != negated;
}

// Backtracks to the last star only: an earlier one could never do better.
template <typename Size, typename IsStar, typename MatchAt>
bool MatchWithStars(Size pattern_size, Size text_size, IsStar is_star, MatchAt match_at) {
  Size p = 0;
  Size t = 0;
  std::optional<std::pair<Size, Size>> star;  // pattern after the star, text that it left off at
  while (t < text_size) {
    if (p < pattern_size && is_star(p)) {
      star = {++p, t};
      continue;
    }
    Size next = p;
    if (p < pattern_size && match_at(next, t)) {
      p = next;
      ++t;
      continue;
    }
    if (!star) return false;
    p = star->first;
    t = ++star->second;
  }
  while (p < pattern_size && is_star(p)) ++p;
  return p == pattern_size;
}

bool IsBelow(std::string_view path, std::string_view parent) {
  return path == parent ||
         (path.starts_with(parent) && path.size() > parent.size() && path[parent.size()] == '/');
}

bool IsCleanAbsolute(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.size() > kMaxPath) return false;
  if (path.size() > 1 && path.back() == '/') return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\0') return false;
    if (path[i] != '/' || i + 1 == path.size()) continue;
    const std::string_view rest = path.substr(i + 1);
    if (rest[0] == '/') return false;
    // "." and ".." begin like any hidden name.
    const std::string_view component = rest[0] == '.' ? rest.substr(0, rest.find('/')) : "x";
    if (component == "." || component == "..") return false;
  }
  return true;
}

// Removes "//" and a trailing '/'; nothing for what is not absolute, is too long or holds "." or
// ".." or a NUL.
std::optional<std::string> CleanAbsolute(std::string path) {
  if (IsCleanAbsolute(path)) return path;
  if (path.empty() || path.front() != '/' || path.size() > kMaxPath) return std::nullopt;
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  std::string clean;
  for (std::string_view part : SplitSkipEmpty(path, '/')) {
    if (part == "." || part == "..") return std::nullopt;
    clean += Cat("/", part);
  }
  return clean.empty() ? "/" : clean;
}

// What a variable names is hidden or protected as a whole, so it must not be a place that
// everything needs.
bool IsTooWide(const std::string& path, const std::string& home) {
  static constexpr std::array<std::string_view, 13> kSystem = {
      "/",    "/bin", "/etc",  "/home", "/lib", "/lib64", "/opt",
      "/run", "/srv", "/root", "/tmp",  "/usr", "/var"};
  if (std::find(kSystem.begin(), kSystem.end(), path) != kSystem.end()) return true;
  if (path == "/var/tmp" || path == "/usr/local" || path == "/usr/bin" || path == "/usr/lib") {
    return true;
  }
  for (std::string_view kernel : {"/dev", "/proc", "/sys"}) {
    if (IsBelow(path, kernel) && !path.starts_with("/dev/shm/")) return true;
  }
  return !home.empty() && IsBelow(home, path);
}

struct VariablePattern {
  std::string_view variable;
  std::string_view rest;  // with its leading '/', or empty
};

VariablePattern ParseVariable(std::string_view pattern) {
  const size_t slash = std::min(pattern.find('/'), pattern.size());
  return {pattern.substr(1, slash - 1), pattern.substr(slash)};
}

std::string_view XdgDefault(std::string_view variable) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kDefaults = {{
      {"XDG_CONFIG_HOME", "/.config"},
      {"XDG_DATA_HOME", "/.local/share"},
      {"XDG_STATE_HOME", "/.local/state"},
      {"XDG_CACHE_HOME", "/.cache"},
  }};
  for (const auto& [name, value] : kDefaults) {
    if (name == variable) return value;
  }
  return {};
}

void AddUnique(std::vector<std::string>& list, std::string value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

void AddVariableValues(const VariablePattern& wanted, const std::string& home,
                       const std::map<std::string, std::string>& env,
                       std::vector<std::string>& out) {
  const auto it = env.find(std::string(wanted.variable));
  if (it == env.end()) return;
  for (std::string_view element : SplitSkipEmpty(it->second, ':')) {
    if (out.size() >= kMaxListElements) return;
    const std::optional<std::string> base = CleanAbsolute(std::string(element));
    if (!base || *base == "/") continue;
    const std::optional<std::string> whole = CleanAbsolute(Cat(*base, wanted.rest));
    if (whole && !IsTooWide(*whole, home)) AddUnique(out, *whole);
  }
}

}  // namespace

bool MatchesGlob(std::string_view glob, std::string_view name, size_t max_length) {
  if (name.size() > max_length) return false;
  return MatchWithStars(
      glob.size(), name.size(), [&](size_t p) { return glob[p] == '*'; },
      [&](size_t& p, size_t t) { return MatchOne(glob, p, name[t]); });
}

bool MatchesPathGlob(std::string_view glob, std::string_view path) {
  if (path.size() > kMaxPath || path.empty() || path.front() != '/') return false;
  const std::vector<std::string_view> pattern = SplitSkipEmpty(glob, '/');
  const std::vector<std::string_view> parts = SplitSkipEmpty(path, '/');
  return MatchWithStars(
      pattern.size(), parts.size(), [&](size_t p) { return pattern[p] == "**"; },
      [&](size_t& p, size_t t) { return MatchesGlob(pattern[p++], parts[t]); });
}

bool HasGlobCharacters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; });
}

std::vector<std::string> ExpandPaths(std::string_view pattern, const std::string& home,
                                     const std::map<std::string, std::string>& env) {
  std::vector<std::string> out;
  const std::optional<std::string> clean_home = CleanAbsolute(home);
  const bool has_home = clean_home && *clean_home != "/";
  std::optional<std::string> result;
  if (pattern.starts_with("$")) {
    const VariablePattern wanted = ParseVariable(pattern);
    AddVariableValues(wanted, has_home ? *clean_home : "", env, out);
    const std::string_view fallback = XdgDefault(wanted.variable);
    if (!fallback.empty() && has_home) {
      result = CleanAbsolute(Cat(*clean_home, fallback, wanted.rest));
    }
  } else if (pattern == "~" || pattern.starts_with("~/")) {
    if (has_home) result = CleanAbsolute(Cat(*clean_home, pattern.substr(1)));
  } else {
    result = CleanAbsolute(std::string(pattern));
  }
  if (result) AddUnique(out, *std::move(result));
  return out;
}

std::string ExpandPath(std::string_view pattern, const std::string& home,
                       const std::map<std::string, std::string>& env) {
  std::vector<std::string> all = ExpandPaths(pattern, home, env);
  return all.empty() ? std::string() : std::move(all.front());
}

}  // namespace safe_trace
