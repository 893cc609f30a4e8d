#include "launcher/host_facts_reader.h"

#include <dirent.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/host_paths.h"
#include "launcher/install_targets.h"
#include "launcher/manager_settings.h"
#include "launcher/own_terminals.h"
#include "launcher/package_manager.h"
#include "launcher/path_search.h"
#include "launcher/project_root.h"
#include "launcher/proxy_variables.h"
#include "launcher/registry_files.h"
#include "launcher/registry_hosts.h"
#include "launcher/toolchain_roots.h"
#include "launcher/url_host.h"
#include "policy/lexical_path.h"
#include "policy/path_template.h"
#include "policy/policy.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kMostPasswdBytes = 1 << 20;
constexpr size_t kMostHomes = 64;
constexpr size_t kMostEnvironments = 32;
constexpr size_t kMostListed = 1000;  // entries of a directory
constexpr size_t kAskedToList = 8;

struct PasswdEntry {
  uint32_t user_id = 0;
  std::string home;
};

// The file alone, not the name service: asking a directory server could take seconds.
std::vector<PasswdEntry> ReadPasswd(const std::string& file) {
  std::vector<PasswdEntry> entries;
  absl::StatusOr<std::string> text = ReadSmallFile(file, kMostPasswdBytes);
  if (!text.ok()) return entries;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    std::vector<absl::string_view> fields = absl::StrSplit(line, ':');
    PasswdEntry entry;
    if (fields.size() < 7 || !absl::SimpleAtoi(fields[2], &entry.user_id)) continue;
    entry.home = std::string(fields[5]);
    if (!entry.home.empty() && entry.home.front() == '/') entries.push_back(std::move(entry));
  }
  return entries;
}

// Users of a directory service are not in the file.
std::string HomeFromNameService(uint32_t user_id) {
  std::array<char, 16384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user_id, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr ||
      found->pw_dir == nullptr || found->pw_dir[0] != '/') {
    return "";
  }
  return found->pw_dir;
}

// Directories of the system that accounts of daemons have as their "home": protecting them as homes
// would take the system away from everybody.
bool IsSystemDirectory(std::string_view path) {
  for (std::string_view whole : {"/", "/var", "/home", "/opt", "/srv", "/mnt", "/media", "/tmp",
                                 "/var/lib", "/var/mail", "/var/tmp", "/usr/local"}) {
    if (path == whole) return true;
  }
  return false;
}

bool IsBeneathSystem(std::string_view path) {
  for (std::string_view root :
       {"/bin", "/sbin", "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/dev", "/etc",
        "/proc", "/sys", "/run", "/var/cache", "/var/spool", "/nonexistent"}) {
    if (IsWithin(path, root)) return true;
  }
  return false;
}

// Of root's own choice of homes: people's, not those of daemons, whose "homes" are data directories
// of the system. Directory services number people above what useradd does, beneath /home all the
// same.
bool IsPerson(const PasswdEntry& entry) {
  return entry.user_id == 0 || (entry.user_id >= 1000 && entry.user_id < 60000) ||
         IsWithin(entry.home, "/home");
}

void AddUnique(const std::string& path, std::vector<std::string>& to) {
  if (std::find(to.begin(), to.end(), path) == to.end()) to.push_back(path);
}

void FillHomes(const HostSources& sources, HostFacts& facts) {
  std::vector<PasswdEntry> passwd = ReadPasswd(sources.passwd_file);
  std::string own;
  for (const PasswdEntry& entry : passwd) {
    if (entry.user_id == sources.user_id && own.empty()) own = entry.home;
  }
  std::string home = facts.Variable("HOME");
  bool from_variable = !home.empty() && home.front() == '/';
  if (own.empty() && !from_variable) own = HomeFromNameService(sources.user_id);
  facts.home = from_variable ? CanonicalPath(home) : own.empty() ? "" : CanonicalPath(own);
  if (!facts.home.empty() && !IsSystemDirectory(facts.home) && facts.home != "/nonexistent") {
    facts.homes.push_back(facts.home);
  }

  auto add = [&](const std::string& path) {
    std::string canonical = CanonicalPath(path);
    if (facts.homes.size() >= kMostHomes || IsSystemDirectory(canonical) ||
        IsBeneathSystem(canonical) || !IsDirectory(canonical)) {
      return;
    }
    AddUnique(canonical, facts.homes);
  };
  if (!own.empty()) add(own);
  if (sources.user_id != 0) return;
  for (const PasswdEntry& entry : passwd) {
    if (IsPerson(entry)) add(entry.home);
  }
}

// A TMPDIR that is or holds a home, or the root, would open it all to writing.
void FillTemporaryDirectories(HostFacts& facts) {
  for (const char* name : {"TMPDIR", "TEMP", "TMP"}) {
    std::string value = facts.Variable(name);
    if (value.empty() || value.front() != '/') continue;
    std::string path = CanonicalPath(value);
    bool holds_home = std::any_of(facts.homes.begin(), facts.homes.end(),
                                  [&](const std::string& home) { return IsWithin(home, path); });
    if (path != "/" && !holds_home && IsDirectory(path)) {
      AddUnique(path, facts.temporary_directories);
    }
  }
  for (const char* place : {"/tmp", "/var/tmp", "/dev/shm"}) {
    std::string path = CanonicalPath(place);
    if (IsDirectory(path)) AddUnique(path, facts.temporary_directories);
  }
}

// "" where there is neither the variable nor a home.
std::string BaseDirectory(const HostFacts& facts, const char* variable, const char* below_home) {
  const std::string base = facts.Variable(variable);
  if (!base.empty() && base.front() == '/') return base;
  return facts.home.empty() ? "" : facts.home + below_home;
}

std::string StateDirectory(const HostFacts& facts) {
  const std::string base = BaseDirectory(facts, "XDG_STATE_HOME", "/.local/state");
  return base.empty() ? "" : base + "/safe-trace";
}

void FillProject(const HostSources& sources, const Profile& profile, HostFacts& facts) {
  ProjectSearch search;
  search.working_directory = facts.working_directory;
  search.user = facts.user_id;
  search.homes = facts.homes;
  if (!facts.home.empty()) search.homes.push_back(facts.home);
  search.temporaries = facts.temporary_directories;
  search.limit = sources.project_limit;
  facts.project = FindProjectRoot(profile, search);
}

// Virtual environments that lie directly in `place`, as `python -m venv .venv` makes them.
void AddEnvironments(const std::string& place, HostFacts& facts) {
  std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(place.c_str()), closedir);
  if (directory == nullptr) return;
  for (size_t listed = 0; listed < kMostListed; ++listed) {
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) return;
    if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
    const std::string path = AbsolutePath(place, entry->d_name);
    struct stat info {};
    if (BaseNameOf(path) == ".." || BaseNameOf(path) == "." ||
        lstat((path + "/pyvenv.cfg").c_str(), &info) != 0) {
      continue;
    }
    if (facts.environments.size() < kMostEnvironments) facts.environments.push_back(path);
  }
}

void FillStateDirectories(HostFacts& facts) {
  const std::string config = BaseDirectory(facts, "XDG_CONFIG_HOME", "/.config");
  if (!config.empty()) AddUnique(CanonicalPath(config + "/safe-trace"), facts.state_directories);
  const std::string state = StateDirectory(facts);
  if (!state.empty()) AddUnique(CanonicalPath(state), facts.state_directories);
  AddUnique(CanonicalPath("/etc/safe-trace"), facts.state_directories);
}

void FillEnvironment(const HostSources& sources, HostFacts& facts) {
  for (const std::string& entry : sources.environment) {
    size_t equals = entry.find('=');
    // Of a name given twice getenv sees the first.
    if (equals != std::string::npos) {
      facts.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
}

// pip's hosts hold its default index where that counts.
absl::Status FillForPip(HostFacts& facts) {
  facts.install_targets = PipInstallTargets(facts);
  absl::StatusOr<std::vector<HostPort>> hosts = PipHosts(facts);
  if (!hosts.ok()) return hosts.status();
  facts.hosts = *std::move(hosts);
  facts.default_hosts_replaced = !facts.hosts.empty();
  return absl::OkStatus();
}

// A link must not make the home, or what holds it, an install target.
void FillInstallTargets(const Profile& profile, HostFacts& facts) {
  const TemplateFacts templates = TemplatesOfCommand(facts, profile);
  std::vector<std::string> targets;
  for (const std::string& tmpl : profile.installs) {
    for (const std::string& path : ExpandTemplate(tmpl, templates)) {
      const std::string target = CanonicalPath(path);
      const bool holds_home = !facts.home.empty() && IsWithin(facts.home, target);
      if (target != "/" && !holds_home) AddUnique(target, targets);
    }
  }
  facts.install_targets = std::move(targets);
}

absl::Status FillForManager(const Profile& profile, HostFacts& facts) {
  FillInstallTargets(profile, facts);
  absl::StatusOr<RegistryHosts> registries =
      ReadRegistryHosts(facts, profile, {StateDirectory(facts), facts.user_id});
  if (!registries.ok()) return registries.status();
  facts.hosts = std::move(registries->hosts);
  facts.default_hosts_replaced = registries->default_replaced;
  for (std::string& notice : registries->notices) AddUnique(notice, facts.notices);
  return absl::OkStatus();
}

// A proxy of the environment is the user's own; what is asked of it is checked by name.
void FillProxies(HostFacts& facts) {
  for (const auto& [name, value] : ProxyVariables(facts)) {
    std::optional<HostPort> host = HostOfUrl(ProxyUrl(value), name);
    if (host.has_value()) facts.hosts.push_back(*std::move(host));
  }
}

// Canonical paths of thousands of names in few directories: each directory is listed once, and what
// lies beneath an absent one is not looked at at all.
class PathResolver {
 public:
  explicit PathResolver(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) ++asked_[ParentOf(path)];
  }

  // "" where the path does not exist.
  const std::string& Resolve(const std::string& path) {
    auto known = resolved_.find(path);
    if (known != resolved_.end()) return known->second;
    std::string real = path == "/" ? path : ResolveBelow(Resolve(ParentOf(path)), path);
    return resolved_.emplace(path, std::move(real)).first->second;
  }

 private:
  enum class Type : uint8_t { kAbsent, kLink, kOther };
  using Listing = std::optional<std::unordered_map<std::string, Type>>;

  std::string ResolveBelow(const std::string& parent, const std::string& path) {
    if (parent.empty()) return "";
    const std::string name = BaseNameOf(path);
    switch (TypeOf(parent, name)) {
      case Type::kAbsent:
        return "";
      case Type::kOther:
        return AbsolutePath(parent, name);
      default:
        break;
    }
    std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), free);
    return real == nullptr ? "" : real.get();
  }

  // Listing a directory pays where many of its names are asked for.
  Type TypeOf(const std::string& directory, const std::string& name) {
    auto asked = asked_.find(directory);
    if (asked == asked_.end() || asked->second < kAskedToList) {
      return Look(AbsolutePath(directory, name));
    }
    auto [known, is_new] = listings_.try_emplace(directory);
    if (is_new) known->second = List(directory);
    if (!known->second) return Look(AbsolutePath(directory, name));
    auto entry = known->second->find(name);
    return entry == known->second->end() ? Type::kAbsent : entry->second;
  }

  static Type Look(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) return Type::kAbsent;
    return S_ISLNK(info.st_mode) ? Type::kLink : Type::kOther;
  }

  // Nothing where the directory cannot be listed, which does not keep its entries from being
  // reached, or is so large that single looks are cheaper.
  static Listing List(const std::string& path) {
    std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
    if (directory == nullptr) {
      // Nothing lies beneath what is no directory.
      return errno == ENOTDIR ? Listing(std::in_place) : std::nullopt;
    }
    Listing listing(std::in_place);
    while (listing->size() <= kMostListed) {
      const dirent* entry = readdir(directory.get());
      if (entry == nullptr) return listing;
      // A file system that does not tell is asked for the canonical path, as for a link.
      const bool may_be_link = entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
      listing->emplace(entry->d_name, may_be_link ? Type::kLink : Type::kOther);
    }
    return std::nullopt;
  }

  std::unordered_map<std::string, size_t> asked_;  // names, by directory
  std::unordered_map<std::string, std::string> resolved_;
  std::unordered_map<std::string, Listing> listings_;
};

}  // namespace

void AddCatalogLinks(const CredentialCatalog& catalog, HostFacts& facts) {
  const std::vector<std::string> paths = CatalogPaths(facts, catalog);
  PathResolver resolver(paths);
  for (const std::string& path : paths) {
    const std::string& real = resolver.Resolve(path);
    if (!real.empty() && real != path) facts.links.emplace(path, real);
  }
}

absl::StatusOr<HostSources> CurrentHost() {
  HostSources sources;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    sources.environment.emplace_back(*entry);
  }
  std::array<char, 16384> buffer;
  if (getcwd(buffer.data(), buffer.size()) == nullptr) {
    return LastErrnoStatus("the working directory");
  }
  // Linux answers "(unreachable)/..." for a directory outside the root.
  if (buffer[0] != '/') return absl::NotFoundError("the working directory is not reachable");
  sources.working_directory = buffer.data();
  sources.user_id = getuid();
  sources.terminals = OwnTerminals();
  return sources;
}

absl::StatusOr<HostFacts> ReadHostFacts(const std::vector<std::string>& command,
                                        const std::string& executable, const Profile& profile) {
  absl::StatusOr<HostSources> sources = CurrentHost();
  if (!sources.ok()) return sources.status();
  return ReadHostFacts(command, executable, profile, *sources);
}

absl::StatusOr<HostFacts> ReadHostFacts(const std::vector<std::string>& command,
                                        const std::string& executable, const Profile& profile,
                                        const HostSources& sources) {
  if (command.empty()) return absl::InvalidArgumentError("no command was given");
  HostFacts facts;
  facts.arguments = command;
  facts.user_id = sources.user_id;
  facts.terminals = sources.terminals;
  facts.nested = sources.nested;
  facts.working_directory = CanonicalPath(sources.working_directory);
  FillEnvironment(sources, facts);
  FillHomes(sources, facts);
  FillTemporaryDirectories(facts);
  FillStateDirectories(facts);
  FillProject(sources, profile, facts);
  AddEnvironments(facts.Project(), facts);
  if (facts.working_directory != facts.Project()) AddEnvironments(facts.working_directory, facts);

  std::string program = executable;
  if (program.empty()) {
    absl::StatusOr<std::string> found = FindProgram(command[0], facts.Variable("PATH"));
    if (!found.ok()) return found.status();
    program = *std::move(found);
  }
  facts.command_executable = CanonicalPath(AbsolutePath(facts.working_directory, program));
  facts.toolchains = ToolchainRoots(facts);
  ManagerSettings settings =
      ReadManagerSettings(facts, profile, {StateDirectory(facts), facts.user_id});
  facts.settings = std::move(settings.paths);
  facts.notices = std::move(settings.notices);
  absl::Status status = profile.name == "pip" ? FillForPip(facts) : FillForManager(profile, facts);
  if (profile.role == Role::kCommand) FillProxies(facts);
  if (!status.ok()) return status;
  return facts;
}

}  // namespace safe_trace
