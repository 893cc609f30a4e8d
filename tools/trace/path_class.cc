#include "tools/trace/path_class.h"

#include <algorithm>
#include <array>

#include "policy/lexical_path.h"

namespace safe_trace {
namespace {

constexpr std::array<std::string_view, 3> kInstalled = {"node_modules", "site-packages",
                                                        "dist-packages"};
// What lies directly in a directory of such a name is named at random.
constexpr std::array<std::string_view, 5> kTemporary = {"tmp", ".tmp", "temp", "shm", "_npx"};
constexpr std::array<std::string_view, 3> kTemporaryTrees = {"/tmp", "/var/tmp", "/dev/shm"};

bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }
bool IsLower(char byte) { return byte >= 'a' && byte <= 'z'; }
bool IsUpper(char byte) { return byte >= 'A' && byte <= 'Z'; }
bool IsHex(char byte) { return IsDigit(byte) || (byte >= 'a' && byte <= 'f'); }
bool IsWord(char byte) { return IsDigit(byte) || IsLower(byte) || IsUpper(byte) || byte == '_'; }

template <typename Predicate>
bool Any(std::string_view text, Predicate is) {
  return std::any_of(text.begin(), text.end(), is);
}
template <typename Predicate>
bool All(std::string_view text, Predicate is) {
  return std::all_of(text.begin(), text.end(), is);
}

template <size_t N>
bool IsOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The length of the home that `path` lies in, 0 where it lies in none.
size_t HomeLength(std::string_view path) {
  if (IsWithin(path, "/root")) return 5;
  constexpr std::string_view kHomes = "/home/";
  if (path.substr(0, kHomes.size()) != kHomes || path.size() == kHomes.size()) return 0;
  return std::min(path.find('/', kHomes.size()), path.size());
}

bool IsProject(std::string_view path, std::string_view project) {
  const bool is_usable =
      !project.empty() && !IsSharedDirectory(project) && HomeLength(project) != project.size();
  return is_usable && IsWithin(path, project);
}

// mkstemp and its kin: six to twelve characters of mixed kinds.
bool LooksRandom(std::string_view text) {
  if (text.size() < 6 || text.size() > 12 || !All(text, IsWord)) return false;
  const int kinds = Any(text, IsDigit) + Any(text, IsLower) + Any(text, IsUpper);
  return kinds >= 2;
}

// A hash, an identifier or a key of many characters.
bool IsIdentifier(std::string_view text) {
  if (text.size() < 8) return false;
  const bool is_hex = All(text, [](char byte) { return IsHex(byte) || byte == '-'; });
  if (is_hex) return Any(text, IsDigit) || text.size() >= 16;
  return text.size() >= 16 && Any(text, IsDigit) && Any(text, IsLower) && Any(text, IsUpper) &&
         All(text, [](char byte) { return IsWord(byte) || byte == '-'; });
}

// Hexadecimal runs of eight and more, and numbers with the dots inside them, become "#".
std::string WithoutNumbers(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t hex = at;
    while (hex < text.size() && IsHex(text[hex])) ++hex;
    const bool is_start = at == 0 || !IsWord(text[at - 1]);
    const bool is_end = hex == text.size() || !IsWord(text[hex]);
    if (is_start && is_end && hex - at >= 8 && IsIdentifier(text.substr(at, hex - at))) {
      out.push_back('#');
      at = hex;
      continue;
    }
    if (!IsDigit(text[at])) {
      out.push_back(text[at++]);
      continue;
    }
    while (at < text.size() && (IsDigit(text[at]) || (text[at] == '.' && at + 1 < text.size() &&
                                                      IsDigit(text[at + 1])))) {
      ++at;
    }
    out.push_back('#');
  }
  return out;
}

std::string WithoutVersion(std::string_view component, std::string_view version) {
  std::string out(component);
  if (version.size() < 3) return out;
  const size_t at = out.find(version);
  if (at != std::string::npos) out.replace(at, version.size(), "#");
  return out;
}

std::string ComparableComponent(std::string_view component, std::string_view version) {
  for (const std::string_view prefix : {".tmp", "tmp"}) {
    const std::string_view rest = component.substr(std::min(prefix.size(), component.size()));
    const bool is_temporary = component.substr(0, prefix.size()) == prefix && rest.size() >= 5 &&
                              rest.size() <= 12 && All(rest, IsWord);
    if (is_temporary) return std::string(prefix) + "*";
  }
  if (IsIdentifier(component)) return "#";
  std::string text = WithoutVersion(component, version);
  const size_t separator = text.find_last_of("-._~");
  if (separator != std::string::npos && separator > 0 &&
      LooksRandom(std::string_view(text).substr(separator + 1))) {
    text = text.substr(0, separator + 1) + "*";
  }
  return WithoutNumbers(text);
}

// A file that lies directly in a temporary directory: only what kind of file it is.
std::string TemporaryFile(std::string_view name) {
  const size_t dot = name.rfind('.');
  const bool has_kind = dot != std::string_view::npos && dot > 0 && name.size() - dot <= 6 &&
                        All(name.substr(dot + 1), [](char b) { return IsLower(b); });
  return has_kind ? "*" + std::string(name.substr(dot)) : "*";
}

}  // namespace

std::string_view DirectoryClass(std::string_view path, std::string_view project) {
  const std::string directory(ParentPath(path));
  for (const std::string_view name : kInstalled) {
    if (HasComponent(directory, name)) return "installed packages";
  }
  if (IsProject(path, project)) return "project";
  if (HomeLength(path) > 0) return "home";
  for (const std::string_view tree : kTemporaryTrees) {
    if (IsWithin(path, tree)) return "temporary";
  }
  return "other";
}

std::string ComparablePath(std::string_view path, std::string_view project,
                           std::string_view version) {
  std::string out;
  if (IsProject(path, project)) {
    out = "<project>";
    path.remove_prefix(project.size());
  } else if (const size_t home = HomeLength(path); home > 0) {
    out = "~";
    path.remove_prefix(home);
  }
  bool is_temporary = false;
  while (!path.empty()) {
    const size_t start = path[0] == '/' ? 1 : 0;
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view component = path.substr(start, end - start);
    const bool is_last = end == path.size();
    out.append(start, '/');
    if (is_temporary) {
      out.append(is_last ? TemporaryFile(component) : "*");
    } else {
      out.append(ComparableComponent(component, version));
    }
    is_temporary = IsOneOf(kTemporary, component);
    path.remove_prefix(end);
  }
  return out;
}

}  // namespace safe_trace
