#include "policy/path_class.h"

#include <algorithm>
#include <array>

#include "policy/lexical_path.h"
#include "policy/policy_impl.h"
#include "policy/text_parts.h"

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
size_t HomeLength(std::string_view path, std::string_view home) {
  if (home.size() > 1 && IsWithin(path, home)) return home.size();
  if (IsWithin(path, "/root")) return 5;
  constexpr std::string_view kHomes = "/home/";
  if (path.substr(0, kHomes.size()) != kHomes || path.size() == kHomes.size()) return 0;
  return std::min(path.find('/', kHomes.size()), path.size());
}

size_t ProjectLength(std::string_view path, const PathPlaces& places) {
  const std::string_view project = places.project;
  const bool is_usable = !project.empty() && !IsSharedDirectory(project) &&
                         HomeLength(project, places.home) != project.size();
  return is_usable && IsWithin(path, project) ? project.size() : 0;
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
    // Behind an underscore only what is long enough to be a hash: NAME_<hash>, as pip unpacks.
    constexpr size_t kShortestHash = 16;
    const bool is_start =
        at == 0 || !IsWord(text[at - 1]) || (text[at - 1] == '_' && hex - at >= kShortestHash);
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

std::string_view FirstComponent(std::string_view path) {
  path.remove_prefix(path.substr(0, 1) == "/" ? 1 : 0);
  return path.substr(0, path.find('/'));
}

// True where `path` is, or lies beneath, a directory of that name.
bool HasDirectory(std::string_view path, std::string_view name) {
  for (size_t at = path.find(name); at != std::string_view::npos; at = path.find(name, at + 1)) {
    const size_t end = at + name.size();
    if (at > 0 && path[at - 1] == '/' && (end == path.size() || path[end] == '/')) return true;
  }
  return false;
}

// pip unpacks a source package into NAME_<32 hexadecimal digits>.
bool IsUnpackedFor(std::string_view component, std::string_view name) {
  constexpr size_t kDigits = 32;
  return component.size() == name.size() + 1 + kDigits &&
         component.substr(0, name.size()) == name && component[name.size()] == '_' &&
         All(component.substr(name.size() + 1), IsHex);
}

// Where managers put one package: node_modules/NAME, NAME-VERSION, NAME@VERSION, NAME_<hash>.
bool IsOfPackage(std::string_view path, std::string_view name, std::string_view version) {
  if (name.empty()) return false;
  constexpr std::string_view kModules = "/node_modules/";
  if (const size_t at = path.rfind(kModules); at != std::string_view::npos) {
    const std::string_view rest = path.substr(at + kModules.size());
    if (IsWithin(rest, name)) return true;
  }
  if (!version.empty() && (HasDirectory(path, Cat(name, "-", version)) ||
                           HasDirectory(path, Cat(name, "@", version)))) {
    return true;
  }
  while (!path.empty()) {
    const std::string_view component = FirstComponent(path);
    if (IsUnpackedFor(component, name)) return true;
    path.remove_prefix(std::min(path.size(), component.size() + 1));
  }
  return false;
}

}  // namespace

std::string PathClass(std::string_view path, const PathPlaces& places, std::string_view name,
                      std::string_view version) {
  if (IsOfPackage(path, name, version)) return "package";
  for (const std::string_view directory : kInstalled) {
    if (HasComponent(path, directory)) return "installed packages";
  }
  const size_t project = ProjectLength(path, places);
  const size_t home = HomeLength(path, places.home);
  if (project > home) return "project";
  if (home > 0) {
    const std::string_view inside = path.substr(home);
    return inside.empty() ? "~" : Cat("~/", ComparableComponent(FirstComponent(inside), ""));
  }
  for (const std::string_view tree : kTemporaryTrees) {
    if (IsWithin(path, tree)) return "temporary";
  }
  if (IsWithin(path, "/proc") || IsWithin(path, "/sys")) return "kernel";
  if (IsWithin(path, "/dev")) return "devices";
  if (IsSystemPath(path)) return "system";
  return Cat("/", ComparableComponent(FirstComponent(path), ""));
}

std::string ComparablePath(std::string_view path, const PathPlaces& places,
                           std::string_view version) {
  std::string out;
  const size_t project = ProjectLength(path, places);
  const size_t home = HomeLength(path, places.home);
  if (project > home) {
    out = "<project>";
    path.remove_prefix(project);
  } else if (home > 0) {
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
