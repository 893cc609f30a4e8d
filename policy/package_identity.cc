#include "policy/package_identity.h"

#include <algorithm>
#include <vector>

#include "policy/document.h"
#include "policy/path_pattern.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxName = 128;
constexpr size_t kMaxVersion = 64;
constexpr size_t kMaxFile = size_t{64} << 10;

struct Claim {
  std::string name;
  std::string version;
};

std::string ReadBounded(const ExecFacts& facts, std::string_view name) {
  if (!facts.read_file) return "";
  std::string text = facts.read_file(Cat(facts.working_directory, "/", name));
  if (text.size() > kMaxFile) text.resize(kMaxFile);
  return text;
}

// The headers of PKG-INFO, up to the blank line that begins the description.
Claim FromPkgInfo(const ExecFacts& facts) {
  Claim claim;
  const std::string text = ReadBounded(facts, "PKG-INFO");
  for (std::string_view line : Split(text, '\n')) {
    line = StripEnd(line);
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string value(Strip(line.substr(colon + 1)));
    if (claim.name.empty() && line.substr(0, colon) == "Name") claim.name = value;
    if (claim.version.empty() && line.substr(0, colon) == "Version") claim.version = value;
  }
  return claim;
}

Claim FromPyproject(const ExecFacts& facts) {
  Claim claim;
  const std::string text = ReadBounded(facts, "pyproject.toml");
  if (text.empty()) return claim;
  const absl::StatusOr<DocumentNode> document =
      ParseDocument(text, ConfigFormat::kToml, "pyproject.toml");
  if (!document.ok()) return claim;
  for (const DocumentMember& table : document->members) {
    if (table.key != "project") continue;
    for (const DocumentMember& member : table.value.members) {
      if (member.key == "name") claim.name = member.value.text;
      if (member.key == "version") claim.version = member.value.text;
    }
  }
  return claim;
}

Claim FromSetupCfg(const ExecFacts& facts) {
  Claim claim;
  bool in_metadata = false;
  const std::string text = ReadBounded(facts, "setup.cfg");
  for (std::string_view line : Split(text, '\n')) {
    line = StripEnd(line);
    if (line.starts_with("[")) in_metadata = line == "[metadata]";
    const size_t equals = line.find_first_of("=:");
    if (!in_metadata || equals == std::string_view::npos) continue;
    const std::string_view key = StripEnd(line.substr(0, equals));
    const std::string_view value = Strip(line.substr(equals + 1));
    // "attr: package.__version__" and "file: VERSION" are no versions.
    if (value.starts_with("attr:") || value.starts_with("file:")) continue;
    if (key == "name") claim.name = std::string(value);
    if (key == "version") claim.version = std::string(value);
  }
  return claim;
}

// "requests_0123456789abcdef0123456789abcdef" to "requests".
std::string_view WithoutUuid(std::string_view directory) {
  constexpr size_t kDigits = 32;
  if (directory.size() < kDigits + 2) return directory;
  const std::string_view digits = directory.substr(directory.size() - kDigits);
  const bool is_uuid = directory[directory.size() - kDigits - 1] == '_' &&
                       digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_uuid ? directory.substr(0, directory.size() - kDigits - 1) : directory;
}

// pip unpacks a requirement into TMP/pip-install-RANDOM/NAME_UUID (without the UUID before 20.3)
// and takes NAME from the requirement, not from the archive. "" elsewhere.
std::string_view TrustedName(std::string_view working_directory) {
  const std::vector<std::string_view> parts = SplitSkipEmpty(working_directory, '/');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].starts_with("pip-install-")) return WithoutUuid(parts[i + 1]);
  }
  return {};
}

std::string CleanVersion(std::string_view version) {
  std::string clean(version.substr(0, kMaxVersion));
  for (char& c : clean) {
    if (!IsAsciiGraphic(c)) c = '?';
  }
  return clean;
}

PackageIdentity FromPipBuildDirectory(const ExecFacts& facts) {
  const std::string_view directory = facts.working_directory;
  const std::string_view trusted = TrustedName(directory);
  const Claim pkg_info = FromPkgInfo(facts);
  const Claim pyproject = FromPyproject(facts);
  const Claim setup_cfg = FromSetupCfg(facts);
  const auto first = [](std::initializer_list<std::string_view> candidates) {
    for (std::string_view candidate : candidates) {
      if (!candidate.empty()) return candidate;
    }
    return std::string_view();
  };
  PackageIdentity identity;
  identity.name_is_trusted = !trusted.empty();
  identity.name =
      NormalizePackageName(first({trusted, pyproject.name, setup_cfg.name, pkg_info.name,
                                  directory.substr(directory.rfind('/') + 1)}));
  identity.version = CleanVersion(first({pkg_info.version, pyproject.version, setup_cfg.version}));
  return identity;
}

// Printable and bounded: it is shown on terminals and compared with grants.
std::string CleanName(std::string_view name) {
  std::string clean(name.substr(0, kMaxName));
  for (char& c : clean) {
    if (!IsAsciiGraphic(c)) c = '?';
  }
  return clean;
}

std::string FirstText(const std::string& tmpl, const TemplateFacts& facts) {
  if (tmpl.empty()) return "";
  for (std::string& text : ExpandTextTemplate(tmpl, facts)) {
    if (!text.empty()) return std::move(text);
  }
  return "";
}

// The components of `path` behind the last one that `after` matches; empty where none does.
std::vector<std::string_view> ComponentsAfter(std::string_view path, std::string_view after) {
  std::vector<std::string_view> parts = SplitSkipEmpty(path, '/');
  if (after.empty()) return parts;
  for (size_t i = parts.size(); i-- > 0;) {
    if (MatchesGlob(after, parts[i])) return {parts.begin() + static_cast<long>(i) + 1, parts.end()};
  }
  return {};
}

// "rake-13.0.6" at the last '-' before a digit; "ffi-1.15.5-x86_64-linux" at the first such.
Claim FromNameVersion(std::string_view text) {
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '-' && IsAsciiDigit(text[i + 1])) {
      return {std::string(text.substr(0, i)), std::string(text.substr(i + 1))};
    }
  }
  return {std::string(text), ""};
}

// "github.com/a/b@v1.2.3/cmd": the module's path may hold '/', and stands escaped ("!a" for "A").
Claim FromModule(const std::vector<std::string_view>& parts) {
  Claim claim;
  for (std::string_view part : parts) {
    const size_t at = part.find('@');
    if (!claim.name.empty()) claim.name += '/';
    claim.name += part.substr(0, at);
    if (at == std::string_view::npos) continue;
    claim.version = std::string(part.substr(at + 1));
    std::string plain;
    for (size_t i = 0; i < claim.name.size(); ++i) {
      const bool escaped = claim.name[i] == '!' && i + 1 < claim.name.size();
      plain += escaped ? AsciiUpper(claim.name[++i]) : claim.name[i];
    }
    claim.name = plain;
    return claim;
  }
  return {};
}

// "tool" of "'tool' 'an argument'".
std::string FirstWord(std::string_view text) {
  text = Strip(text);
  const bool is_quoted = !text.empty() && (text.front() == '\'' || text.front() == '"');
  const size_t end = is_quoted ? text.find(text.front(), 1) : text.find_first_of(" \t\n;&|");
  if (is_quoted) return std::string(text.substr(1, end == std::string_view::npos ? end : end - 1));
  return std::string(text.substr(0, end));
}

Claim FromText(const IdentitySource& source, const TemplateFacts& templates) {
  Claim claim{FirstText(source.name, templates), FirstText(source.version, templates)};
  if (source.form == "command") claim.name = FirstWord(claim.name);
  return claim;
}

Claim FromPath(const IdentitySource& source, const TemplateFacts& facts) {
  const std::string path = FirstText(source.path, facts);
  const std::vector<std::string_view> parts = ComponentsAfter(path, source.after);
  if (parts.empty()) return {};
  if (source.form == "name-version") return FromNameVersion(parts[0]);
  if (source.form == "module@version") return FromModule(parts);
  if (source.form == "name/version") {
    return {std::string(parts[0]), parts.size() > 1 ? std::string(parts[1]) : ""};
  }
  const bool is_scoped = parts[0].starts_with('@') && parts.size() > 1;
  return {is_scoped ? Cat(parts[0], "/", parts[1]) : std::string(parts[0]), ""};
}

}  // namespace

PackageIdentity IdentifyPackage(const std::vector<IdentitySource>& sources,
                                const TemplateFacts& facts) {
  PackageIdentity identity;
  for (const IdentitySource& source : sources) {
    const Claim claim = source.path.empty() ? FromText(source, facts) : FromPath(source, facts);
    if (claim.name.empty()) continue;
    if (identity.name.empty()) {
      identity.name = CleanName(claim.name);
      identity.name_is_trusted = !source.path.empty();
      identity.version = CleanVersion(claim.version);
    } else if (identity.version.empty()) {
      identity.version = CleanVersion(claim.version);
    }
  }
  return identity;
}

std::string NormalizePackageName(std::string_view name) {
  std::string clean;
  bool separator = false;
  for (char c : name.substr(0, kMaxName)) {
    if (IsAsciiAlnum(c)) {
      clean.push_back(AsciiLower(c));
      separator = false;
    } else if (!separator) {
      clean.push_back('-');
      separator = true;
    }
  }
  return clean;
}

PackageIdentity IdentifyPackage(std::string_view name_from, const ExecFacts& facts) {
  if (name_from == "pip-build-directory") return FromPipBuildDirectory(facts);
  return {};
}

}  // namespace safe_trace
