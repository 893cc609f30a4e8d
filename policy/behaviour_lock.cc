#include "policy/behaviour_lock.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "policy/lexical_path.h"
#include "policy/table_reader.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

struct Section {
  const char* name;
  Role role;
};
constexpr std::array kSections = {
    Section{"package", Role::kPackage}, Section{"manager", Role::kManager},
    Section{"project", Role::kProject}, Section{"program", Role::kProgram},
    Section{"command", Role::kCommand}};

std::string Sha256Of(std::string_view text) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const uint8_t*>(text.data()));
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  std::string hex;
  for (const uint8_t byte : digest) {
    hex += kHexDigits[byte >> 4];
    hex += kHexDigits[byte & 15];
  }
  return hex;
}

bool IsSha256(std::string_view text) {
  return text.size() == size_t{2} * SHA256_DIGEST_SIZE &&
         text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

std::set<std::string> ReadSet(TableReader& table, std::string_view key) {
  std::vector<std::string> list;
  table.Read(key, list);
  return {std::make_move_iterator(list.begin()), std::make_move_iterator(list.end())};
}

std::optional<std::set<std::string>> ReadOptionalSet(TableReader& table, std::string_view key) {
  if (table.Find(key) == nullptr) return std::nullopt;
  return ReadSet(table, key);
}

// "PATH sha256:HEX"
void ReadArtifacts(TableReader& table, LockedBehaviour& behaviour) {
  for (const std::string& text : ReadSet(table, "artifacts")) {
    constexpr std::string_view kMark = " sha256:";
    const size_t at = text.rfind(kMark);
    const std::string hash = at == std::string::npos ? "" : text.substr(at + kMark.size());
    if (at == 0 || !IsSha256(hash)) {
      return table.Fail(table.line(), "a value of 'artifacts' is not \"PATH sha256:HEX\"");
    }
    behaviour.artifacts[text.substr(0, at)] = hash;
  }
}

void ReadSubject(TableReader& table, Role role, std::map<BehaviourKey, LockedBehaviour>& subjects) {
  BehaviourKey key{role, "", ""};
  table.Read("ecosystem", key.ecosystem);
  table.Read("name", key.package);
  LockedBehaviour behaviour;
  behaviour.hosts = ReadSet(table, "hosts");
  behaviour.listeners = ReadSet(table, "listeners");
  if (role == Role::kPackage) {
    behaviour.versions = ReadSet(table, "versions");
    behaviour.programs = ReadSet(table, "programs");
    behaviour.variables = ReadSet(table, "variables");
    behaviour.reads = ReadOptionalSet(table, "reads");
    behaviour.writes = ReadOptionalSet(table, "writes");
    ReadArtifacts(table, behaviour);
  }
  if (!subjects.try_emplace(std::move(key), std::move(behaviour)).second) {
    table.Fail(table.line(), "this subject stands here a second time");
  }
}

bool Holds(const std::set<std::string>& texts, std::string_view text) {
  return texts.contains(LockText(text));
}

}  // namespace

std::string LockText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (c == ' ' || IsAsciiGraphic(c)) {
      out += c;
    } else {
      out +=
          Cat("\\x", std::string(1, kHexDigits[byte >> 4]), std::string(1, kHexDigits[byte & 15]));
    }
  }
  return out;
}

std::string ComparablePackage(std::string_view name) {
  constexpr std::string_view kUnpacked = "pip-req-build-";
  return name.starts_with(kUnpacked) ? Cat(kUnpacked, "*") : std::string(name);
}

BehaviourKey BehaviourKeyOf(const Subject& subject) {
  return {subject.role, LockText(subject.ecosystem), LockText(ComparablePackage(subject.package))};
}

std::string ComparableHost(std::string_view name) {
  std::string host(name);
  std::transform(host.begin(), host.end(), host.begin(), AsciiLower);
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  return host;
}

std::string ComparableSocket(std::string_view path, const PathPlaces& places,
                             std::string_view version) {
  return Cat("unix socket ", ComparablePath(path, places, version));
}

bool IsBeyondLock(std::string_view rule_id) {
  static constexpr std::string_view kRules[] = {"package.own", "write.temporary", "device.common",
                                                "device.own-terminal", "kernel.files"};
  return std::find(std::begin(kRules), std::end(kRules), rule_id) != std::end(kRules);
}

absl::StatusOr<BehaviourLock> BehaviourLock::Parse(std::string_view text, std::string_view origin) {
  BehaviourLock lock;
  const absl::Status status = ReadTables(text, ConfigFormat::kToml, origin, [&](TableReader& file) {
    std::optional<uint64_t> version;
    file.Read("lock_version", kBehaviourLockVersion, kBehaviourLockVersion, version);
    // An empty file must not pass for a lock in which nobody does anything.
    if (!version.has_value()) {
      file.Fail(1, Cat("'lock_version = ", kBehaviourLockVersion,
                       "' is missing: this is no lock that safe-trace wrote"));
    }
    lock.startup_files_ = ReadSet(file, "startup_files");
    for (const Section& section : kSections) {
      file.Tables(section.name,
                  [&](TableReader& table) { ReadSubject(table, section.role, lock.subjects_); });
    }
  });
  if (!status.ok()) return status;
  lock.digest_ = Sha256Of(text);
  return lock;
}

const LockedBehaviour* BehaviourLock::Find(const BehaviourKey& key) const {
  const auto found = subjects_.find(key);
  return found == subjects_.end() ? nullptr : &found->second;
}

bool BehaviourLock::HasHost(const Subject& subject, std::string_view host) const {
  const LockedBehaviour* behaviour = Find(subject);
  return behaviour != nullptr && Holds(behaviour->hosts, ComparableHost(host));
}

bool BehaviourLock::HasSocket(const Subject& subject, std::string_view path) const {
  const LockedBehaviour* behaviour = Find(subject);
  return behaviour != nullptr &&
         Holds(behaviour->hosts, ComparableSocket(path, places_, subject.version));
}

bool BehaviourLock::HasListener(const Subject& subject, std::string_view address) const {
  const LockedBehaviour* behaviour = Find(subject);
  return behaviour != nullptr && Holds(behaviour->listeners, address);
}

bool BehaviourLock::HasProgram(const Subject& subject, std::string_view path) const {
  const LockedBehaviour* behaviour = Find(subject);
  return behaviour != nullptr &&
         Holds(behaviour->programs, ComparablePath(path, places_, subject.version));
}

bool BehaviourLock::HasPath(const Subject& subject, std::string_view path, Access access) const {
  const LockedBehaviour* behaviour = Find(subject);
  if (behaviour == nullptr) return false;
  const auto& classes = access == Access::kWrite ? behaviour->writes : behaviour->reads;
  if (!classes.has_value() || access == Access::kExecute) return true;
  return Holds(*classes, PathClass(path, places_, subject.package, subject.version));
}

bool BehaviourLock::HoldsPaths(const Subject& subject) const {
  const LockedBehaviour* behaviour = Find(subject);
  return behaviour == nullptr || behaviour->reads.has_value() || behaviour->writes.has_value();
}

}  // namespace safe_trace
