#include "policy/package_identity.h"

#include <algorithm>
#include <vector>

#include "policy/document.h"
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

}  // namespace

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
