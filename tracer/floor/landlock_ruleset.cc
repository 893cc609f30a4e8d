#include "tracer/floor/landlock_ruleset.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

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

absl::Status AddRule(int ruleset_fd, const PathGrant& grant, int abi) {
  uint64_t rights = RightsOf(grant, abi);
  if (rights == 0) return absl::OkStatus();
  UniqueFd path(OpenGrantPath(grant.path));
  if (!path.valid()) {
    if (IsSkippable(errno)) return absl::OkStatus();
    return LastErrnoStatus(absl::StrCat("open ", grant.path, " for a Landlock rule"));
  }
  struct stat info {};
  if (fstat(path.get(), &info) != 0) {
    return LastErrnoStatus(absl::StrCat("stat of ", grant.path, " for a Landlock rule"));
  }
  if (S_ISLNK(info.st_mode)) return absl::OkStatus();
  if (!S_ISDIR(info.st_mode)) rights &= landlock::kFsFileRights;
  if (rights == 0) return absl::OkStatus();  // the kernel answers ENOMSG to an empty rule
  landlock::PathBeneathAttribute attribute{rights, path.get()};
  if (syscall(SYS_landlock_add_rule, ruleset_fd, landlock::kRulePathBeneath, &attribute, 0U) != 0) {
    // Files of kernel-internal mounts (namespaces, pipes) cannot carry a rule: EBADFD.
    if (errno == EBADFD) return absl::OkStatus();
    return LastErrnoStatus(absl::StrCat("Landlock rule for ", grant.path));
  }
  return absl::OkStatus();
}

}  // namespace

int LandlockAbi() {
  long abi =
      syscall(SYS_landlock_create_ruleset, nullptr, size_t{0}, landlock::kCreateRulesetVersion);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

absl::StatusOr<UniqueFd> BuildLandlockRuleset(const FloorPlan& plan, int abi) {
  if (abi < 1) return absl::UnimplementedError("the kernel offers no Landlock");
  abi = std::min(abi, landlock::kNewestKnownAbi);
  landlock::RulesetAttribute attribute{landlock::HandledFileSystem(abi),
                                       landlock::HandledNetwork(abi), landlock::Scoped(abi)};
  // The kernel makes this descriptor close-on-exec itself.
  long created =
      syscall(SYS_landlock_create_ruleset, &attribute, landlock::RulesetAttributeSize(abi), 0U);
  if (created < 0) return LastErrnoStatus("creation of a Landlock ruleset");
  UniqueFd ruleset(static_cast<int>(created));
  for (const PathGrant& grant : plan.grants()) {
    absl::Status added = AddRule(ruleset.get(), grant, abi);
    if (!added.ok()) return added;
  }
  return ruleset;
}

int RestrictSelf(int ruleset_fd) {
  return syscall(SYS_landlock_restrict_self, ruleset_fd, 0U) == 0 ? 0 : errno;
}

}  // namespace safe_trace
