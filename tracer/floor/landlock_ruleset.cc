#include "tracer/floor/landlock_ruleset.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tracer/floor/landlock_abi.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

bool IsUnderDev(std::string_view path) {
  return path == "/" || path == "/dev" || path.substr(0, 5) == "/dev/";
}

// MAKE_CHAR and MAKE_BLOCK are handled and never granted: nobody makes devices.
uint64_t RightsOf(const PathGrant& grant, int abi) {
  using namespace landlock;
  uint64_t rights = 0;
  if (Any(grant.access & Access::kRead)) rights |= kFsReadFile | kFsReadDir;
  if (Any(grant.access & Access::kWrite)) {
    rights |= kFsWriteFile | kFsTruncate | kFsMakeDir | kFsMakeReg | kFsMakeSock | kFsMakeFifo |
              kFsMakeSym | kFsRemoveDir | kFsRemoveFile | kFsRefer;
  }
  if (Any(grant.access & Access::kExecute)) rights |= kFsExecute;
  // The right is bound to the description at open: without it a terminal opened as /dev/tty can
  // only be read and written, and programs that set its modes fail.
  if (Any(grant.access & (Access::kRead | Access::kWrite)) && IsUnderDev(grant.path)) {
    rights |= kFsIoctlDev;
  }
  return rights & HandledFileSystem(abi);
}

// Grants are canonical, so a symlink anywhere in the path means that someone has put it there since
// the plan was made: such a path is not followed. openat2 is older than Landlock, but seccomp
// profiles of older container engines refuse it; there only the last component is checked.
int OpenGrantPath(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  long fd = syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
    fd = open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }
  return static_cast<int>(fd);
}

// What we cannot reach, the supervised tree (same user, no new privileges) cannot reach either.
bool IsSkippable(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES ||
         error == ENAMETOOLONG;
}

long AddPathRule(int ruleset_fd, int path_fd, uint64_t rights) {
  landlock::PathBeneathAttribute attribute{rights, path_fd};
  return syscall(SYS_landlock_add_rule, ruleset_fd, landlock::kRulePathBeneath, &attribute, 0U);
}

// The kernel itself tells what is no directory: it answers EINVAL where a right that only
// directories have is granted to anything else. So only such a path, and one that is granted
// nothing of the kind, is looked at. False where it is a symlink: it must not carry a rule.
absl::StatusOr<bool> AddRuleFor(int ruleset_fd, int path_fd, uint64_t rights) {
  if ((rights & ~landlock::kFsFileRights) != 0) {
    if (AddPathRule(ruleset_fd, path_fd, rights) == 0) return true;
    if (errno == EBADFD) return false;
    if (errno != EINVAL) return LastErrnoStatus("Landlock rule");
  }
  struct stat info {};
  if (fstat(path_fd, &info) != 0) return LastErrnoStatus("stat for a Landlock rule");
  if (S_ISLNK(info.st_mode)) return false;
  if (!S_ISDIR(info.st_mode)) rights &= landlock::kFsFileRights;
  if (rights == 0) return true;  // the kernel answers ENOMSG to an empty rule
  if (AddPathRule(ruleset_fd, path_fd, rights) == 0) return true;
  // Files of kernel-internal mounts (namespaces, pipes) cannot carry a rule: EBADFD.
  if (errno == EBADFD) return false;
  return LastErrnoStatus("Landlock rule");
}

// True where the grant became a rule, or asks for nothing.
absl::StatusOr<bool> AddRule(int ruleset_fd, const PathGrant& grant, int abi) {
  const uint64_t rights = RightsOf(grant, abi);
  if (rights == 0) return true;
  UniqueFd path(OpenGrantPath(grant.path));
  if (!path.valid()) {
    if (IsSkippable(errno)) return false;
    return LastErrnoStatus(absl::StrCat("open ", grant.path, " for a Landlock rule"));
  }
  absl::StatusOr<bool> added = AddRuleFor(ruleset_fd, path.get(), rights);
  if (added.ok()) return added;
  return absl::Status(added.status().code(),
                      absl::StrCat(grant.path, ": ", added.status().message()));
}

}  // namespace

int LandlockAbi() {
  long abi =
      syscall(SYS_landlock_create_ruleset, nullptr, size_t{0}, landlock::kCreateRulesetVersion);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

absl::StatusOr<LandlockRuleset> BuildLandlockFloor(const FloorPlan& plan, int abi) {
  if (abi < 1) return absl::UnimplementedError("the kernel offers no Landlock");
  abi = std::min(abi, landlock::kNewestKnownAbi);
  landlock::RulesetAttribute attribute{landlock::HandledFileSystem(abi),
                                       landlock::HandledNetwork(abi), landlock::Scoped(abi)};
  // The kernel makes this descriptor close-on-exec itself.
  long created =
      syscall(SYS_landlock_create_ruleset, &attribute, landlock::RulesetAttributeSize(abi), 0U);
  if (created < 0) return LastErrnoStatus("creation of a Landlock ruleset");
  LandlockRuleset ruleset;
  ruleset.fd.Reset(static_cast<int>(created));
  std::vector<PathGrant> granted;
  for (const PathGrant& grant : plan.grants()) {
    absl::StatusOr<bool> added = AddRule(ruleset.fd.get(), grant, abi);
    if (!added.ok()) return added.status();
    if (*added) granted.push_back(grant);
  }
  ruleset.granted = FloorPlan(std::move(granted));
  return ruleset;
}

absl::StatusOr<UniqueFd> BuildLandlockRuleset(const FloorPlan& plan, int abi) {
  absl::StatusOr<LandlockRuleset> ruleset = BuildLandlockFloor(plan, abi);
  if (!ruleset.ok()) return ruleset.status();
  return std::move(ruleset->fd);
}

int RestrictSelf(int ruleset_fd) {
  return syscall(SYS_landlock_restrict_self, ruleset_fd, 0U) == 0 ? 0 : errno;
}

}  // namespace safe_trace
