#include "tracer/deciding/package_domain.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_set>

#include "policy/lexical_path.h"
#include "tracer/floor/landlock_ruleset.h"
#include "tracer/syscall_status.h"
#include "tracer/tracee/path_resolver.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumEntries = 100000;

// Where the path exists, its canonical form: rules and requests must mean the same object.
std::string Canonical(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd.valid()) return path;
  std::string canonical = DescriptorPath(fd.get());
  return canonical.empty() ? path : canonical;
}

// Something beneath the directory is carved out of it anyway. Most of what a catalogue names is not
// there, which the directory's entries tell without a look at each.
bool IsSplit(const std::string& directory, const std::vector<DirectoryEntry>& entries,
             const std::vector<PathGrant>& carve_outs) {
  std::unordered_set<std::string_view> names;
  for (const DirectoryEntry& entry : entries) names.insert(entry.name);
  const size_t prefix = directory == "/" ? 1 : directory.size() + 1;
  return std::any_of(carve_outs.begin(), carve_outs.end(), [&](const PathGrant& carve_out) {
    const std::string& path = carve_out.path;
    if (!Any(carve_out.access & Access::kRead) || path == directory || !IsWithin(path, directory)) {
      return false;
    }
    const std::string_view beneath = std::string_view(path).substr(prefix);
    struct stat status {};
    return names.contains(beneath.substr(0, beneath.find('/'))) &&
           lstat(path.c_str(), &status) == 0;
  });
}

// A hidden name at the top of a project could be carved out of the floor, but then nothing that is
// made beside it later could be run: the kernel opens programs by itself, and a rule needs an
// inode. So the project stays whole, and its calls are done on the caller's behalf. Directories
// that other carve-outs split anyway (homes) stay in the request. True where such a name was found.
bool TakeNamedSecrets(const Policy& policy, FloorRequest& request) {
  bool found = false;
  std::erase_if(request.scanned_directories, [&](const std::string& directory) {
    const std::vector<DirectoryEntry> entries = ListDirectory(directory);
    if (IsSplit(directory, entries, request.carve_outs)) return false;
    for (const DirectoryEntry& entry : entries) {
      found = found || policy.IsHiddenName(entry.name);
    }
    return true;
  });
  return found;
}

void AddWritableRoots(const FloorRequest& request, Domain& domain) {
  for (const auto* grants : {&request.grants, &request.regrants}) {
    for (const PathGrant& grant : *grants) {
      if (Any(grant.access & Access::kWrite)) domain.writable_roots.push_back(grant.path);
    }
  }
}

}  // namespace

std::vector<DirectoryEntry> ListDirectory(const std::string& path) {
  std::vector<DirectoryEntry> entries;
  int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return entries;
  DIR* directory = fdopendir(fd);
  if (directory == nullptr) {
    close(fd);
    return entries;
  }
  while (const dirent* entry = readdir(directory)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (entries.size() >= kMaximumEntries) break;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {
      struct stat status {};
      if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISLNK(status.st_mode) ? DT_LNK : DT_REG;
    }
    entries.push_back({entry->d_name, type == DT_DIR, type == DT_LNK});
  }
  closedir(directory);
  return entries;
}

absl::StatusOr<ConfinedDomain> BuildDomain(const Policy& policy, Subject subject,
                                           int landlock_abi) {
  ConfinedDomain confined;
  auto domain = std::make_shared<Domain>();
  FloorRequest request = policy.FloorFor(subject);
  AddWritableRoots(request, *domain);
  if (landlock_abi > 0) {
    // Processes come and go: a /proc that is granted entry by entry would lack them. The kernel
    // guards what is secret there (Landlock: other domains' processes; no capabilities: the rest).
    std::erase_if(request.carve_outs,
                  [](const PathGrant& carve_out) { return IsWithin(carve_out.path, "/proc"); });
    // The floor knows nothing of the lock.
    domain->on_behalf_only = TakeNamedSecrets(policy, request) || policy.HoldsPathsByLock(subject);
    const FloorPlan plan = ExpandFloor(
        request, [&policy](std::string_view name) { return policy.IsHiddenName(name); },
        ListDirectory);
    absl::StatusOr<LandlockRuleset> ruleset = BuildLandlockFloor(plan, landlock_abi);
    if (!ruleset.ok()) return ruleset.status();
    // A rule needs an inode: what does not exist yet is covered by no rule.
    domain->floor = std::move(ruleset->granted);
    confined.ruleset = std::move(ruleset->fd);
  }
  domain->subject = std::move(subject);
  confined.domain = std::move(domain);
  return confined;
}

std::string NodeHookBeside(const std::string& shim_path) {
  return shim_path.substr(0, shim_path.rfind('/') + 1) + "safe-trace-node-frames.cjs";
}

absl::StatusOr<ConfinedDomain> PackageDomains::Make(Subject subject,
                                                    std::shared_ptr<const Domain> outer) {
  std::string directory;
  if (subject.role == Role::kPackage) {
    directory = temporary_root_ + "/p" + std::to_string(next_directory_++);
    if (mkdir(directory.c_str(), 0700) != 0) {
      return LastErrnoStatus("making a package's temporary directory " + directory);
    }
    subject.own.push_back({directory, Access::kRead | Access::kWrite | Access::kExecute});
  }
  for (PathGrant& grant : subject.own) grant.path = Canonical(grant.path);
  if (!shim_path_.empty()) {
    subject.own.push_back({shim_path_, Access::kRead | Access::kExecute});
    subject.own.push_back({NodeHookBeside(shim_path_), Access::kRead});
  }
  absl::StatusOr<ConfinedDomain> confined = BuildDomain(policy_, std::move(subject), landlock_abi_);
  if (!confined.ok()) return confined.status();
  auto domain = std::make_shared<Domain>(*confined->domain);
  domain->temporary_directory = directory;
  domain->outer = std::move(outer);
  confined->domain = std::move(domain);
  return confined;
}

absl::StatusOr<ConfinedDomain> PackageDomains::MakeManager(Subject subject,
                                                           std::shared_ptr<const Domain> outer) {
  auto domain = std::make_shared<Domain>();
  AddWritableRoots(policy_.FloorFor(subject), *domain);
  domain->subject = std::move(subject);
  domain->floor = outer->floor;
  domain->temporary_directory = outer->temporary_directory;
  domain->on_behalf_only = outer->on_behalf_only;
  domain->outer = std::move(outer);
  return ConfinedDomain{std::move(domain), UniqueFd()};
}

}  // namespace safe_trace
