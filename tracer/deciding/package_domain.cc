#include "tracer/deciding/package_domain.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

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
  if (landlock_abi > 0) {
    domain->floor = ExpandFloor(
        policy.FloorFor(subject),
        [&policy](std::string_view name) { return policy.IsHiddenName(name); }, ListDirectory);
    absl::StatusOr<UniqueFd> ruleset = BuildLandlockRuleset(domain->floor, landlock_abi);
    if (!ruleset.ok()) return ruleset.status();
    confined.ruleset = *std::move(ruleset);
  }
  domain->subject = std::move(subject);
  confined.domain = std::move(domain);
  return confined;
}

absl::StatusOr<ConfinedDomain> PackageDomains::Make(Subject subject) {
  std::string directory = temporary_root_ + "/p" + std::to_string(next_directory_++);
  if (mkdir(directory.c_str(), 0700) != 0) {
    return LastErrnoStatus("making a package's temporary directory " + directory);
  }
  for (PathGrant& grant : subject.own) grant.path = Canonical(grant.path);
  subject.own.push_back({directory, Access::kRead | Access::kWrite | Access::kExecute});
  absl::StatusOr<ConfinedDomain> confined = BuildDomain(policy_, std::move(subject), landlock_abi_);
  if (!confined.ok()) return confined.status();
  auto domain = std::make_shared<Domain>(*confined->domain);
  domain->temporary_directory = directory;
  confined->domain = std::move(domain);
  return confined;
}

}  // namespace safe_trace
