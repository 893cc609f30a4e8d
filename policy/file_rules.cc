// What a subject may do with a path. Layers, in this order: safe-trace's own files; what the user
// said; the credential catalogue; protected places; what the role may use. Within a layer the
// deepest place wins. The user's word lifts the catalogue's only where it names the catalogued
// place or something inside it: --allow-read ~ does not open ~/.ssh, --allow-read ~/.ssh does.
#include <algorithm>
#include <cerrno>

#include "policy/lexical_path.h"
#include "policy/path_pattern.h"
#include "policy/policy_impl.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// Entries of /proc/PID that a process writes about itself. Not "mem" or the maps of a user
// namespace: the supervisor may open on the caller's behalf and has more rights than it.
bool IsWritableProcEntry(std::string_view path) {
  static constexpr std::string_view kEntries[] = {"oom_score_adj",   "oom_adj",    "comm",
                                                  "coredump_filter", "clear_refs", "timerslack_ns",
                                                  "autogroup"};
  if (!path.starts_with("/proc/")) return false;
  path.remove_prefix(6);
  if (path.empty() || !IsAsciiDigit(path[0])) return false;
  for (std::string_view entry : kEntries) {
    if (BaseName(path) == entry) return true;
  }
  return false;
}

// POSIX semaphores and Python's shared memory: they live in one directory for all, under names that
// only their makers know. Nothing else of /dev/shm is open to package code.
bool IsSharedMemory(std::string_view path) {
  static constexpr std::string_view kDirectory = "/dev/shm/";
  if (!path.starts_with(kDirectory)) return false;
  path.remove_prefix(kDirectory.size());
  return path.find('/') == std::string_view::npos &&
         (path.starts_with("sem.") || path.starts_with("psm_"));
}

// Compiled files that every python tries to leave beside what it imports.
bool IsByteCodeCache(std::string_view path) { return HasComponent(path, "__pycache__"); }

// True where the component after a home of that depth begins with a dot.
bool IsDotFileOf(std::string_view path, int home_depth) {
  size_t at = 0;
  for (int depth = 1; depth < home_depth && at != std::string_view::npos; ++depth) {
    at = path.find('/', at + 1);
  }
  return at != std::string_view::npos && at + 1 < path.size() && path[at + 1] == '.';
}

bool IsInstalledCode(const Places& places, std::string_view path) {
  const Mark& library = places[Layer::kLibrary];
  const bool in_library = library && library.depth > places[Layer::kWorking].depth &&
                          library.depth > places[Layer::kHome].depth;
  return in_library || HasComponent(path, "site-packages") || HasComponent(path, "dist-packages") ||
         HasComponent(path, "node_modules");
}

const PathGrant* OwnGrant(const Subject& subject, const Places& places, std::string_view path,
                          Access bit) {
  for (const PathGrant& grant : subject.own) {
    const bool gives =
        Any(grant.access & bit) || (bit == Access::kExecute && Any(grant.access & Access::kRead));
    // A home inside the grant ends it, as it ends every other one.
    if (gives && IsWithin(path, grant.path) &&
        PathDepth(grant.path) > static_cast<int>(places[Layer::kHome].depth)) {
      return &grant;
    }
  }
  return nullptr;
}

// True where what lies at `path` is code that others import or run, and not the grant's own: an
// environment in the project, another package's directory.
bool IsOthersCode(const Places& places, std::string_view path, const PathGrant& own) {
  if (static_cast<int>(places[Layer::kLibrary].depth) > PathDepth(own.path)) return true;
  const Mark& working = places[Layer::kWorking];
  if (!working || places[Layer::kTemporary].depth > working.depth) return false;
  const std::string_view rest = path.substr(std::min(own.path.size(), path.size()));
  // node-gyp repeats the package's whole path, with its node_modules, in its build directory.
  if (IsWithin(rest, "/build")) return false;
  return HasComponent(rest, "site-packages") || HasComponent(rest, "dist-packages") ||
         HasComponent(rest, "node_modules");
}

bool IsAboveOwn(const Subject& subject, std::string_view path) {
  for (const PathGrant& grant : subject.own) {
    if (IsWithin(grant.path, path)) return true;
  }
  return false;
}

enum class ComponentMatch : uint8_t { kNone, kWay, kExact, kBeneath };

// How `rest`, a path without its leading '/', lies to a place of components that may be globs.
ComponentMatch MatchComponents(const ProjectPlace::Components& components, std::string_view rest) {
  for (const std::string& component : components) {
    if (rest.empty()) return ComponentMatch::kWay;
    const size_t end = std::min(rest.find('/'), rest.size());
    if (!MatchesGlob(component, rest.substr(0, end))) return ComponentMatch::kNone;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return rest.empty() ? ComponentMatch::kExact : ComponentMatch::kBeneath;
}

// True where the subject gets its manager's own credentials.
bool HasOwn(const Subject& subject) {
  return subject.role == Role::kManager && !subject.downloaded;
}

// How deep the user's word reaches that allows `bit` here; 0 where none does.
Mark UserAllowance(const Places& places, Access bit) {
  const Mark& write = places[Layer::kUserWrite];
  if (bit == Access::kWrite) return write;
  const Mark& read = places[Layer::kUserRead];
  return read.depth > write.depth ? read : write;
}

}  // namespace

bool IsGivenBack(const Subject& subject, const Rule* rule) {
  return subject.role == Role::kManager && !subject.downloaded &&
         std::find(subject.given_back.begin(), subject.given_back.end(), rule->id) !=
             subject.given_back.end();
}

Decision Hide(const Rule* rule) { return {Verdict::kHide, ENOENT, rule, true}; }

Decision Deny(const Rule* rule, bool is_violation) {
  return {Verdict::kDeny, EACCES, rule, is_violation};
}

const NamePatternSet::Entry* Policy::Impl::HiddenName(const Subject& subject, const Places& places,
                                                      std::string_view path, Access bit) const {
  const NamePatternSet::Entry* entry = hidden_names.Find(BaseName(path));
  if (entry == nullptr || IsInstalledCode(places, path)) return nullptr;
  for (const std::string& place : exempt_places) {
    if (MatchesPathGlob(place, path)) return nullptr;
  }
  if (entry->is_own && HasOwn(subject) && bit != Access::kWrite) return nullptr;
  const Mark& temporary = places[Layer::kTemporary];
  const bool is_scratch = temporary && temporary.depth >= places[Layer::kWorking].depth &&
                          temporary.depth >= places[Layer::kHome].depth;
  if (subject.role == Role::kPackage) {
    // Its own unpacked source may hold such names. A project built in place is not only its own.
    if (is_scratch && OwnGrant(subject, places, path, bit) != nullptr) return nullptr;
    return entry;
  }
  // An archive that is unpacked may hold such names: making them in scratch space harms nobody.
  if (is_scratch && bit == Access::kWrite) return nullptr;
  return entry;
}

const Rule* Policy::Impl::ProjectPlaceRule(const Subject& subject, const Places& places,
                                           std::string_view path, bool empty_directory) const {
  const Mark& working = places[Layer::kWorking];
  if (!working || places[Layer::kTemporary].depth > working.depth ||
      places[Layer::kCommandWrite].depth > working.depth) {
    return nullptr;
  }
  if (IsInstalledCode(places, path)) return nullptr;
  auto guards = [&](const ProjectPlace& place, std::string_view rest) {
    if (MatchComponents(place.components, rest) < ComponentMatch::kExact) return false;
    const bool is_package = subject.role == Role::kPackage;
    if (is_package != place.package_only) return is_package;
    return std::none_of(place.exceptions.begin(), place.exceptions.end(), [&](const auto& except) {
      const ComponentMatch match = MatchComponents(except, rest);
      return match == ComponentMatch::kExact || (empty_directory && match == ComponentMatch::kWay);
    });
  };
  auto find = [&](std::string_view first, std::string_view rest) -> const Rule* {
    auto it = project_by_first.find(first);
    if (it == project_by_first.end()) return nullptr;
    for (uint32_t index : it->second) {
      if (guards(project_places[index], rest)) return project_places[index].rule;
    }
    return nullptr;
  };
  std::string_view rest = path.substr(facts.Project().size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    std::string_view first = rest.substr(0, rest.find('/'));
    if (const Rule* rule = find(first, rest)) return rule;
    if (const Rule* rule = find("", rest)) return rule;
    rest.remove_prefix(first.size());
  }
  return nullptr;
}

Decision Policy::Impl::DecideBit(const Subject& subject, const Places& places,
                                 std::string_view path, Access bit, bool empty_directory) const {
  const bool writes = bit == Access::kWrite;
  if (places[Layer::kState] && (writes || subject.role == Role::kPackage)) {
    return Deny(places[Layer::kState].rule, true);
  }
  const Mark allowed = UserAllowance(places, bit);
  const Mark& hidden = places[Layer::kUserHide];
  if (hidden && hidden.depth >= allowed.depth) {
    return writes ? Deny(hidden.rule, true) : Hide(hidden.rule);
  }
  const Mark& credential = places[Layer::kCredential];
  const Mark& own = places[Layer::kOwnCredential];
  const bool given_back = !writes && ((own && own.depth >= credential.depth && HasOwn(subject)) ||
                                      (credential && IsGivenBack(subject, credential.rule)));
  if (credential && credential.depth > allowed.depth && !given_back) {
    if (writes) return Deny(credential.rule, true);
    Decision hide = Hide(credential.rule);
    // A manager that prepares fetched code looks for its credentials as it always does.
    hide.is_violation = !(own && subject.role == Role::kManager && subject.downloaded);
    return hide;
  }
  if (!(allowed && allowed.depth == places.depth) && !given_back && bit != Access::kExecute) {
    if (const NamePatternSet::Entry* name = HiddenName(subject, places, path, bit)) {
      return writes ? Deny(name->rule, true) : Hide(name->rule);
    }
  }
  if (writes) {
    const Mark& guarded = places[Layer::kProtected];
    // A directory of commands is protected, but what installs there at the user's word writes it.
    const Mark& install = places[Layer::kInstallWrite];
    const bool installs = subject.role == Role::kManager && install.depth >= guarded.depth;
    if (guarded && guarded.depth > allowed.depth && !installs) return Deny(guarded.rule, true);
    if (!(allowed && allowed.depth > places[Layer::kWorking].depth)) {
      const Rule* rule = ProjectPlaceRule(subject, places, path, empty_directory);
      if (rule != nullptr) return Deny(rule, true);
    }
  }
  return allowed ? Allow(allowed.rule) : DecideGrant(subject, places, path, bit);
}

Decision Policy::Impl::DecideGrant(const Subject& subject, const Places& places,
                                   std::string_view path, Access bit) const {
  if (subject.role == Role::kPackage) return DecidePackage(subject, places, path, bit);
  // The manager's caches, and what it installs outside the project, are not for the project's code.
  const Mark& installs = places[Layer::kInstallWrite];
  if (subject.role == Role::kProject && bit == Access::kWrite && places[Layer::kLibrary] &&
      installs.depth > places[Layer::kWorking].depth) {
    // But where the manager wants the results of the project's own build.
    const PathGrant* own = OwnGrant(subject, places, path, bit);
    if (own != nullptr && !IsOthersCode(places, path, *own)) return Allow(common.package_own);
    return Deny(common.package_library_write, !IsByteCodeCache(path));
  }
  return DecideCommand(subject, places, path, bit);
}

Decision Policy::Impl::DecideCommand(const Subject& subject, const Places& places,
                                     std::string_view path, Access bit) const {
  const Mark& temporary = places[Layer::kTemporary];
  if (places[Layer::kDevices] && temporary.depth <= places[Layer::kDevices].depth) {
    if (places[Layer::kDevice] || places[Layer::kInputDevice]) return Allow(common.device);
    if (bit == Access::kRead && places.Is(Layer::kDevices)) return Allow(common.command_read);
    return Deny(common.other_device, false);
  }
  if (bit != Access::kWrite) return Allow(common.command_read);
  const Mark& grant = places[Layer::kCommandWrite];
  if (grant && grant.depth >= places[Layer::kHome].depth) return Allow(grant.rule);
  if (IsWritableProcEntry(path)) return Allow(common.kernel_files);
  if (places[Layer::kKernelFiles]) return Deny(common.kernel_write, false);
  if (subject.role == Role::kProgram && !places[Layer::kSystem]) return Allow(common.guard_write);
  if (places[Layer::kHome]) {
    // Programs keep their own dot files; a user's visible files are nobody's scratch space.
    const bool is_quiet = IsDotFileOf(path, places[Layer::kHome].depth) || IsByteCodeCache(path);
    return Deny(common.home_write, !is_quiet);
  }
  if (places[Layer::kSystem]) return Deny(common.system_write, !IsByteCodeCache(path));
  return Deny(common.command_write, false);
}

Decision Policy::Impl::DecidePackage(const Subject& subject, const Places& places,
                                     std::string_view path, Access bit) const {
  const bool writes = bit == Access::kWrite;
  if (const PathGrant* own = OwnGrant(subject, places, path, bit)) {
    if (!writes || !IsOthersCode(places, path, *own)) return Allow(common.package_own);
    return Deny(common.package_library_write, !IsByteCodeCache(path));
  }
  const int home = places[Layer::kHome].depth;
  if (places[Layer::kDevices]) {
    const bool usable = places[Layer::kDevice] || (places[Layer::kInputDevice] && !writes);
    if (usable && bit != Access::kExecute) return Allow(common.device);
  }
  if (!writes) {
    const Mark& grant = places[Layer::kPackageRead];
    // A project below a granted tree (/opt/app) is not a part of it.
    if (grant && grant.depth > home && grant.depth >= places[Layer::kWorking].depth) {
      return Allow(grant.rule);
    }
  }
  if (IsSharedMemory(path) && bit != Access::kExecute) return Allow(common.temporary);
  if (bit == Access::kRead) {
    if (places[Layer::kKernelFiles]) return Allow(common.kernel_files);
    if (places.Is(Layer::kTemporary)) return Allow(common.temporary);
    if (places[Layer::kQuiet]) return {Verdict::kHide, ENOENT, common.quiet, false};
  }
  const bool is_way_to_own = !writes && (path == "/" || places.Is(Layer::kHome) ||
                                         places.package_read_beneath || IsAboveOwn(subject, path));
  if (is_way_to_own) return Deny(common.package_read, false);
  const bool is_cache = writes && IsByteCodeCache(path);
  if (places[Layer::kLibrary] && writes) return Deny(common.package_library_write, !is_cache);
  if (home > 0 && home >= places[Layer::kTemporary].depth) {
    return Deny(common.package_home, !is_cache);
  }
  if (places[Layer::kTemporary] || places[Layer::kWorking]) {
    return Deny(common.package_foreign, !is_cache);
  }
  if (writes && places[Layer::kSystem]) return Deny(common.system_write, !is_cache);
  return Deny(writes ? common.package_write : common.package_read, false);
}

namespace {

// True where the name is a directory on the way to a protected project place (".git" for
// ".git/hooks"), anywhere in the project: what is moved or linked to it would bring
// its own hooks along, and what is moved away takes the guarded ones out of sight.
bool LeadsToProjectPlace(const Policy::Impl& impl, const Subject& subject, std::string_view path) {
  if (!IsWithin(path, impl.facts.Project())) return false;
  for (const ProjectPlace& place : impl.project_places) {
    if (place.package_only && subject.role != Role::kPackage) continue;
    for (size_t length = 1; length < place.components.size(); ++length) {
      std::string_view rest = path;
      size_t matched = 0;
      while (matched < length &&
             MatchesGlob(place.components[length - 1 - matched], BaseName(rest))) {
        rest = ParentPath(rest);
        ++matched;
      }
      if (matched == length) return true;
    }
  }
  return false;
}

}  // namespace

Decision Policy::Impl::DecideRequest(const Subject& subject, const Places& places,
                                     const FileRequest& request) const {
  if (request.moves_hierarchy &&
      (places.guarded_beneath ||
       (!request.empty_directory && LeadsToProjectPlace(*this, subject, request.path)))) {
    return Deny(common.moves_guarded, true);
  }
  // Reading is decided first: for a file that is hidden, opening for both must say ENOENT.
  Decision decision = Deny(common.package_read, false);
  for (Access bit : {Access::kRead, Access::kWrite, Access::kExecute}) {
    if (!Any(request.access & bit)) continue;
    decision = DecideBit(subject, places, request.path, bit, request.empty_directory);
    if (!decision.allowed()) return decision;
  }
  return decision;
}

Decision Policy::DecideFile(const Subject& subject, const FileRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  if (request.path.empty() || request.path[0] != '/') {
    return Deny(impl.common.package_read, false);
  }
  Places places = impl.tree.Find(request.path);
  Decision decision = impl.DecideRequest(subject, places, request);
  if (decision.allowed()) return impl.AtImport(subject, places, request, decision);
  // Asked again as if the user had named the path: what is suggested must work.
  const bool writes = Any(request.access & Access::kWrite);
  const Layer layer = writes ? Layer::kUserWrite : Layer::kUserRead;
  places.marks[static_cast<size_t>(layer)] = {decision.rule, places.depth};
  decision.never_allowed = !impl.DecideRequest(subject, places, request).allowed();
  return decision;
}

Decision Policy::EvaluateExecute(const Subject& subject, std::string_view executable) const {
  if (subject.role == Role::kPackage) {
    if (const auto* denied = For(subject).impl_->denied_programs.Find(BaseName(executable))) {
      return Deny(denied->rule, true);
    }
  }
  return EvaluateFile(subject, {.path = executable, .access = Access::kExecute});
}

bool Policy::IsHiddenName(std::string_view base_name) const {
  return impl_->hidden_names.Find(base_name) != nullptr;
}

}  // namespace safe_trace
