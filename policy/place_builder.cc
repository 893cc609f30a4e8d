// Fills a policy's place tree from the machine's facts, the configuration, the catalogue and the
// profile.
#include <algorithm>
#include <set>
#include <utility>

#include "policy/lexical_path.h"
#include "policy/path_pattern.h"
#include "policy/path_template.h"
#include "policy/policy_impl.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr std::string_view kSystemTrees[] = {"/usr",   "/bin",   "/sbin",   "/lib",
                                             "/lib32", "/lib64", "/libx32", "/etc",
                                             "/nix",   "/snap",  "/boot"};
constexpr std::string_view kPackageTrees[] = {"/usr",   "/bin",   "/sbin",   "/lib",
                                              "/lib32", "/lib64", "/libx32", "/opt",
                                              "/nix",   "/snap",  "/etc"};
constexpr std::string_view kLibraryTrees[] = {"/usr",   "/bin",    "/sbin", "/lib", "/lib32",
                                              "/lib64", "/libx32", "/nix",  "/snap"};
constexpr std::string_view kDevices[] = {"/dev/null", "/dev/zero", "/dev/full",
                                         "/dev/tty",  "/dev/ptmx", "/dev/pts/ptmx"};
constexpr std::string_view kInputDevices[] = {"/dev/random", "/dev/urandom"};
// Configuration that build tools look for by themselves: absent for package code, no alarm.
constexpr std::string_view kQuietFiles[] = {
    ".gitconfig", ".config/git",        ".pydistutils.cfg", ".config/pip", ".pip",
    ".local/lib", ".cargo/config.toml", ".cargo/config",    ".gemrc",      ".inputrc",
    ".terminfo",  ".config/ccache",     ".ccache",          ".cache",
    ".config/go"};

// Homes that are nobody's ("/", "/usr/sbin" in passwd) would turn system directories into homes.
std::vector<std::string> RealHomes(const HostFacts& facts) {
  std::vector<std::string> homes;
  auto add = [&](const std::string& raw) {
    std::string home = NormalizePath(raw);
    if (home.empty() || IsSystemPath(home) || IsSharedDirectory(home)) return;
    if (std::find(homes.begin(), homes.end(), home) == homes.end()) homes.push_back(home);
  };
  add(facts.home);
  for (const std::string& home : facts.homes) add(home);
  return homes;
}

bool NeedsHome(std::string_view pattern) {
  return !pattern.empty() && (pattern[0] == '~' || pattern[0] == '$');
}

// A catalogue's path for every home, and where a link leads from it.
std::vector<std::string> ExpandForHomes(const HostFacts& facts,
                                        const std::vector<std::string>& homes,
                                        const std::string& pattern) {
  std::vector<std::string> paths;
  auto add = [&](const std::string& home, const std::map<std::string, std::string>& environment) {
    for (std::string& path : ExpandPaths(pattern, home, environment)) {
      if (!path.empty() && path != "/") paths.push_back(std::move(path));
    }
  };
  static const std::map<std::string, std::string> kNoVariables;
  if (!NeedsHome(pattern)) {
    add("", kNoVariables);
  } else if (homes.empty()) {
    if (pattern[0] == '$') add("", facts.environment);
  } else {
    // The environment speaks of the user's own home; other homes have their default places.
    for (size_t i = 0; i < homes.size(); ++i) {
      add(homes[i], i == 0 ? facts.environment : kNoVariables);
    }
  }
  const size_t direct = paths.size();
  for (size_t i = 0; i < direct; ++i) {
    if (auto link = facts.links.find(paths[i]); link != facts.links.end()) {
      paths.push_back(link->second);
    }
  }
  return paths;
}

class PlaceBuilder {
 public:
  PlaceBuilder(Policy::Impl& impl, const Config& config, const CredentialCatalog& catalog)
      : impl_(impl), config_(config), catalog_(catalog), facts_(impl.facts) {}

  void Build() {
    AddUserPlaces();
    AddCatalogue();
    AddProtected();
    AddAreas();
    AddDevices();
    AddPackageReads();
    AddCommandWrites();
  }

 private:
  void Add(std::string_view path, Layer layer, const Rule* rule) {
    impl_.tree.Add(path, layer, rule);
  }

  // A path as a user writes it: from the home, or from the working directory.
  std::string UserPath(const std::string& text) const {
    if (!text.empty() && text[0] == '~') return NormalizePath(ExpandPath(text, facts_.home, {}));
    return JoinPath(facts_.working_directory, text);
  }

  void AddUserLayer(const std::vector<Entry>& entries, Layer layer, std::string_view id,
                    std::string_view verb) {
    for (const Entry& entry : entries) {
      const std::string path = UserPath(entry.value);
      const Rule* rule = impl_.AddRule(id, Cat(verb, " by ", entry.origin));
      Add(path, layer, rule);
      if (auto link = facts_.links.find(path); link != facts_.links.end()) {
        Add(link->second, layer, rule);
      }
    }
  }

  void AddUserPlaces() {
    AddUserLayer(config_.extra_paths, Layer::kUserHide, "user.hide", "hidden");
    AddUserLayer(config_.allow_read, Layer::kUserRead, "user.allow-read", "allowed");
    AddUserLayer(config_.allow_write, Layer::kUserWrite, "user.allow-write", "allowed");
    for (const std::string& directory : facts_.state_directories) {
      Add(NormalizePath(directory), Layer::kState, impl_.common.state);
    }
    Add("/etc/safe-trace", Layer::kState, impl_.common.state);
    for (const std::string& file : config_.own_files) {
      Add(NormalizePath(file), Layer::kState, impl_.common.state);
    }
  }

  bool IsOwn(const std::string& id_or_path) const {
    const auto& own = impl_.profile.own_credentials;
    return std::find(own.begin(), own.end(), id_or_path) != own.end();
  }

  void AddCatalogue() {
    impl_.exempt_places = catalog_.exempt_places;
    for (const CredentialEntry& entry : catalog_.credentials) {
      const Rule* rule = impl_.AddRule(entry.id, entry.description);
      const bool is_own = IsOwn(entry.id);
      for (const std::string& pattern : entry.paths) {
        for (const std::string& path : ExpandForHomes(facts_, impl_.facts.homes, pattern)) {
          Add(path, Layer::kCredential, rule);
          if (is_own) Add(path, Layer::kOwnCredential, rule);
        }
      }
      for (const std::string& name : entry.file_names) {
        impl_.hidden_names.Add({name, rule, is_own, entry.file_name_exceptions});
      }
    }
    const Rule* own =
        impl_.AddRule("profile.own-credential", Cat("what ", impl_.profile.name, " itself needs"));
    for (const std::string& pattern : impl_.profile.own_credentials) {
      if (pattern.find('/') == std::string::npos && !NeedsHome(pattern)) continue;
      for (const std::string& path : ExpandForHomes(facts_, impl_.facts.homes, pattern)) {
        Add(path, Layer::kOwnCredential, own);
      }
    }
  }

  static ProjectPlace::Components ComponentsOf(std::string_view path) {
    ProjectPlace::Components components;
    for (std::string_view component : SplitSkipEmpty(path, '/')) {
      components.emplace_back(component);
    }
    return components;
  }

  void AddProjectPlace(ProjectPlace place) {
    if (!place.components.empty()) impl_.project_places.push_back(std::move(place));
  }

  void AddProtected() {
    for (const ProtectedEntry& entry : catalog_.protected_places) {
      const Rule* rule = impl_.AddRule(entry.id, entry.description);
      if (entry.installable) installable_.insert(rule);
      for (const std::string& pattern : entry.paths) {
        for (const std::string& path : ExpandForHomes(facts_, impl_.facts.homes, pattern)) {
          Add(path, Layer::kProtected, rule);
        }
      }
      std::vector<ProjectPlace::Components> exceptions;
      for (const std::string& path : entry.project_exceptions) {
        exceptions.push_back(ComponentsOf(path));
      }
      for (const std::string& path : entry.project_paths) {
        AddProjectPlace({ComponentsOf(path), rule, false, exceptions});
      }
      exceptions.clear();
      for (const std::string& path : entry.package_project_exceptions) {
        exceptions.push_back(ComponentsOf(path));
      }
      for (const std::string& path : entry.package_project_paths) {
        AddProjectPlace({ComponentsOf(path), rule, true, exceptions});
      }
    }
    // A project's file counts when it was trusted; nothing supervised may write one.
    for (const char* name : {"safe-trace.toml", "safe-trace.lock"}) {
      impl_.project_places.push_back({{name}, impl_.common.state});
    }
    for (uint32_t i = 0; i < impl_.project_places.size(); ++i) {
      const std::string& first = impl_.project_places[i].components.front();
      impl_.project_by_first[HasGlobCharacters(first) ? std::string_view() : first].push_back(i);
    }
  }

  void AddAreas() {
    for (const std::string& home : facts_.homes) {
      Add(home, Layer::kHome, impl_.common.package_home);
      for (std::string_view quiet : kQuietFiles) {
        Add(JoinPath(home, quiet), Layer::kQuiet, impl_.common.quiet);
      }
    }
    for (std::string_view tree : kSystemTrees) Add(tree, Layer::kSystem, impl_.common.system);
    for (std::string_view tree : kLibraryTrees) Add(tree, Layer::kLibrary, impl_.common.system);
    for (const std::string& target : facts_.install_targets) {
      if (IsRefusedSetting(target)) continue;
      AddLibrary(NormalizePath(target), impl_.common.install_target);
    }
    for (const std::string& environment : facts_.environments) {
      Add(NormalizePath(environment), Layer::kLibrary, impl_.common.install_target);
    }
    const std::string& project = facts_.Project();
    if (!IsSystemPath(project) && project != "/") {
      Add(project, Layer::kWorking, impl_.common.working_directory);
    }
  }

  // A root that would swallow homes or scratch space is not installed code.
  bool IsPlausibleRoot(const std::string& path) const {
    if (path.empty() || IsSharedDirectory(path) || impl_.IsHomeOrAbove(path)) return false;
    return std::none_of(facts_.temporary_directories.begin(), facts_.temporary_directories.end(),
                        [&](const std::string& directory) { return IsWithin(directory, path); });
  }

  void AddLibrary(const std::string& path, const Rule* rule) {
    if (!IsPlausibleRoot(path)) return;
    Add(path, Layer::kLibrary, rule);
    Add(path, Layer::kPackageRead, rule);
  }

  void AddDevices() {
    Add("/dev", Layer::kDevices, impl_.common.other_device);
    for (std::string_view node : kDevices) Add(node, Layer::kDevice, impl_.common.device);
    // Not all of /dev/pts: other terminals of the user are there too. Those that the run itself
    // makes are known to the supervisor alone.
    for (const std::string& node : facts_.terminals) {
      if (IsWithin(node, "/dev")) Add(node, Layer::kDevice, impl_.common.device);
    }
    for (std::string_view node : kInputDevices) Add(node, Layer::kInputDevice, impl_.common.device);
    Add("/proc", Layer::kKernelFiles, impl_.common.kernel_files);
    Add("/sys", Layer::kKernelFiles, impl_.common.kernel_files);
  }

  void AddPackageReads() {
    for (std::string_view tree : kPackageTrees) {
      Add(tree, Layer::kPackageRead, impl_.common.system);
    }
    for (const std::string& toolchain : facts_.toolchains) {
      AddLibrary(NormalizePath(toolchain), impl_.common.toolchain);
    }
  }

  void AddTemporary(std::string_view path) {
    Add(path, Layer::kTemporary, impl_.common.temporary);
    Add(path, Layer::kCommandWrite, impl_.common.temporary);
  }

  void AddCommandWrites() {
    for (const std::string& directory : facts_.temporary_directories) AddTemporary(directory);
    AddTemporary("/dev/shm");
    const std::string& project = facts_.Project();
    if (!IsSystemPath(project) && !IsSharedDirectory(project) && !impl_.IsHomeOrAbove(project)) {
      Add(project, Layer::kCommandWrite, impl_.common.working_directory);
    }
    AddProfileWrites();
    AddOptionWrites();
  }

  void AddProfileWrites() {
    const TemplateFacts templates = TemplatesOfHost(facts_);
    const bool is_generic =
        impl_.profile.role == Role::kCommand || impl_.profile.role == Role::kProgram;
    if (is_generic) AddWrites("{cache}", templates, impl_.common.cache_write);
    for (const std::string& text : impl_.profile.writes) {
      AddWrites(text, templates, impl_.common.profile_write);
    }
    for (const std::string& text : WritesOfCommand(impl_.profile, facts_.arguments)) {
      AddWrites(text, templates, impl_.common.profile_write);
    }
    for (const std::string& text : impl_.profile.builds) {
      AddWrites(text, templates, impl_.common.profile_write, /*builds=*/true);
    }
  }

  // The project as a whole, or the directory in it that the command was started in.
  bool IsProject(const std::string& path) const {
    return path == facts_.Project() || path == facts_.working_directory;
  }

  // `builds`: what lies there is not only the manager's.
  void AddWrites(const std::string& text, const TemplateFacts& templates, const Rule* rule,
                 bool builds = false) {
    for (const std::string& path : ExpandTemplate(text, templates)) {
      if (IsSharedDirectory(path) || impl_.IsHomeOrAbove(path)) continue;
      if (IsRefusedSetting(path)) continue;
      // Beneath the project's root it may be written already, without what is protected there.
      if (path != facts_.Project() && path == facts_.working_directory) continue;
      // A line of the project's own configuration must not open what is protected in the project.
      if (IsSetting(path) && IsWithin(path, facts_.Project())) continue;
      Add(path, Layer::kCommandWrite, rule);
      if (!IsProject(path)) Add(path, Layer::kInstallWrite, rule);
      const bool is_scratch =
          builds || IsProject(path) || impl_.tree.Find(path).Is(Layer::kTemporary);
      if (!is_scratch && IsPlausibleRoot(path)) Add(path, Layer::kLibrary, rule);
    }
  }

  // ".git/cache" in the project: as an install target it would not be guarded any more.
  bool LeadsToProjectPlace(std::string_view path) const {
    const std::vector<std::string_view> components =
        SplitSkipEmpty(path.substr(facts_.Project().size()), '/');
    return std::any_of(components.begin(), components.end(), [&](std::string_view component) {
      return std::any_of(impl_.project_places.begin(), impl_.project_places.end(),
                         [&](const ProjectPlace& place) {
                           return MatchesGlob(place.components.front(), component);
                         });
    });
  }

  bool IsSetting(const std::string& path) const {
    return std::any_of(
        facts_.settings.begin(), facts_.settings.end(), [&](const auto& setting) {
          return std::any_of(setting.second.begin(), setting.second.end(),
                             [&](const std::string& value) { return IsWithin(path, value); });
        });
  }

  // A place that a file of configuration names is taken only where nothing is guarded: a line there
  // is not the user's word about ~/.ssh or ~/.config/autostart. Programs may be installed where
  // shells look for them.
  bool IsRefusedSetting(const std::string& path) const {
    if (!IsSetting(path)) return false;
    if (IsWithin(path, facts_.Project()) && LeadsToProjectPlace(path)) return true;
    const Places at = impl_.tree.Find(path);
    if (at[Layer::kState] || at[Layer::kUserHide] || at[Layer::kCredential]) return true;
    const Mark& guarded = at[Layer::kProtected];
    if (guarded) return guarded.depth != at.depth || !installable_.contains(guarded.rule);
    return at.guarded_beneath && !at[Layer::kWorking];
  }

  void AddOptionWrites() {
    for (const std::string& value : PathOptionValues(impl_.profile, facts_.arguments)) {
      AddOption(value);
    }
  }

  void AddOption(std::string_view value) {
    std::string path = !value.empty() && value[0] == '~'
                           ? NormalizePath(ExpandPath(value, facts_.home, {}))
                           : JoinPath(facts_.working_directory, value);
    const bool is_system_root = IsSystemPath(path) && PathDepth(path) <= 2;
    if (path.empty() || is_system_root || IsSharedDirectory(path) || impl_.IsHomeOrAbove(path)) {
      return;
    }
    Add(path, Layer::kCommandWrite, impl_.common.option_write);
    Add(path, Layer::kInstallWrite, impl_.common.option_write);
  }

  Policy::Impl& impl_;
  const Config& config_;
  const CredentialCatalog& catalog_;
  const HostFacts& facts_;
  std::set<const Rule*> installable_;  // of protected places: what configuration may name
};

}  // namespace

bool IsSystemPath(std::string_view path) {
  // Containers build projects in /usr/src.
  if (IsWithin(path, "/usr/src") && path != "/usr/src") return false;
  return std::any_of(std::begin(kSystemTrees), std::end(kSystemTrees),
                     [&](std::string_view tree) { return IsWithin(path, tree); }) ||
         IsWithin(path, "/proc") || IsWithin(path, "/sys") ||
         (IsWithin(path, "/dev") && !IsWithin(path, "/dev/shm"));
}

bool Policy::Impl::IsHomeOrAbove(std::string_view path) const {
  return std::any_of(facts.homes.begin(), facts.homes.end(),
                     [&](const std::string& home) { return IsWithin(home, path); });
}

bool Policy::Impl::IsTooWideForOwn(std::string_view path, bool for_writing,
                                   bool installed) const {
  if (path.empty() || path[0] != '/' || IsSharedDirectory(path) || IsHomeOrAbove(path)) return true;
  const Places at = tree.Find(path);
  if (at[Layer::kState] || at[Layer::kUserHide] || at[Layer::kCredential] ||
      at[Layer::kProtected]) {
    return true;
  }
  // A directory that holds a guarded place is too wide as well: ~/.config is nobody's output. Not
  // so the project, which may hold the key file that a variable names; that stays hidden inside.
  const bool in_project = at[Layer::kWorking] && !IsHomeOrAbove(facts.Project());
  if (at.guarded_beneath && !in_project) return true;
  for (const std::string& directory : facts.temporary_directories) {
    if (IsWithin(directory, path)) return true;
  }
  if (path == "/dev/shm") return true;
  if (!for_writing) return false;
  if (installed) {
    // Beneath an install target, or a directory that the manager alone writes: its cache.
    const Mark& managers = at[Layer::kInstallWrite];
    if (managers && static_cast<int>(managers.depth) < PathDepth(path)) return false;
    return std::none_of(facts.install_targets.begin(), facts.install_targets.end(),
                        [&](const std::string& target) { return IsWithin(path, target); });
  }
  if (IsSystemPath(path) || at[Layer::kSystem]) return true;
  const Mark& library = at[Layer::kLibrary];
  if (library && library.depth >= at[Layer::kWorking].depth) return true;
  for (const std::string& target : facts.install_targets) {
    // The project may hold the environment that is installed into; others may not.
    if (IsWithin(target, path) && path != facts.Project()) return true;
  }
  return false;
}

void AddPlaces(Policy::Impl& impl, const Config& config, const CredentialCatalog& catalog) {
  impl.facts.homes = RealHomes(impl.facts);
  PlaceBuilder(impl, config, catalog).Build();
}

std::vector<std::string> CatalogPaths(const HostFacts& facts, const CredentialCatalog& catalog) {
  const std::vector<std::string> homes = RealHomes(facts);
  std::set<std::string> paths;
  auto add = [&](const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
      for (std::string& path : ExpandForHomes(facts, homes, pattern)) {
        if (!HasGlobCharacters(path)) paths.insert(std::move(path));
      }
    }
  };
  for (const CredentialEntry& entry : catalog.credentials) add(entry.paths);
  for (const ProtectedEntry& entry : catalog.protected_places) add(entry.paths);
  return {paths.begin(), paths.end()};
}

}  // namespace safe_trace
