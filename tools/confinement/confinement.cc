#include "tools/confinement/confinement.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include <array>
#include <cerrno>
#include <memory>

#include "tracer/floor/landlock_ruleset.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// By name, so that calls which the headers or this architecture do not know are simply not there.
constexpr std::array kRefused = {
    // Network.
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg",
    "sendmmsg", "io_uring_setup", "io_uring_enter", "io_uring_register",
    // Other programs and processes.
    "execve", "execveat", "fork", "vfork", "clone", "ptrace", "process_vm_readv",
    "process_vm_writev", "process_madvise", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
    "kill", "tkill", "kcmp", "prlimit64", "setpriority", "sched_setaffinity", "shmget", "msgget",
    "semget", "mq_open",
    // Changes to the file system.
    "creat", "open_by_handle_at", "truncate", "fallocate", "unlink", "rename", "renameat",
    "renameat2", "link", "linkat", "symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "mknod",
    "mknodat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utime",
    "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "removexattr",
    "lremovexattr", "fremovexattr", "mount", "umount2", "move_mount", "open_tree", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "pivot_root", "chroot", "swapon", "swapoff",
    "quotactl",
    // The kernel's own.
    "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "init_module",
    "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "unshare", "setns",
    "memfd_create", "memfd_secret", "fanotify_init", "personality", "acct", "ioperm", "iopl",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname"};

struct FilterCloser {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterCloser>;

absl::Status RefuseCall(scmp_filter_ctx filter, const char* name, int error) {
  const int number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR) return absl::OkStatus();
  const int result =
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(static_cast<uint32_t>(error)), number, 0);
  // EDOM: the call does not exist on this architecture.
  if (result == 0 || result == -EDOM) return absl::OkStatus();
  return ErrnoStatus(-result, std::string("a seccomp rule for ") + name);
}

// Opening is allowed for reading only. openat2 has its flags in memory, where a filter cannot look:
// ENOSYS makes callers fall back to openat.
absl::Status RefuseOpenForWriting(scmp_filter_ctx filter) {
  struct Bits {
    scmp_datum_t mask;
    scmp_datum_t value;
  };
  constexpr std::array<Bits, 5> kWriting = {{{O_ACCMODE, O_WRONLY},
                                             {O_ACCMODE, O_RDWR},
                                             {O_CREAT, O_CREAT},
                                             {O_TRUNC, O_TRUNC},
                                             {__O_TMPFILE, __O_TMPFILE}}};
  struct Call {
    int number;
    unsigned flags_argument;
  };
  const std::array<Call, 2> calls = {{{SCMP_SYS(open), 1}, {SCMP_SYS(openat), 2}}};
  for (const Call& call : calls) {
    for (const Bits& bits : kWriting) {
      const scmp_arg_cmp compare =
          SCMP_CMP64(call.flags_argument, SCMP_CMP_MASKED_EQ, bits.mask, bits.value);
      const int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call.number, 1, compare);
      if (result != 0 && result != -EDOM) return ErrnoStatus(-result, "a seccomp rule for open");
    }
  }
  return RefuseCall(filter, "openat2", ENOSYS);
}

absl::Status RefuseEmptying(scmp_filter_ctx filter, int except) {
  if (except < 0) return RefuseCall(filter, "ftruncate", EPERM);
  const scmp_arg_cmp compare = SCMP_CMP64(0, SCMP_CMP_NE, static_cast<scmp_datum_t>(except));
  const int result =
      seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ftruncate), 1, compare);
  return result == 0 ? absl::OkStatus() : ErrnoStatus(-result, "a seccomp rule for ftruncate");
}

// Only names relative to `except`, and no directories. Where names lead is Landlock's part.
absl::Status RefuseRemoving(scmp_filter_ctx filter, int except) {
  if (except < 0) return RefuseCall(filter, "unlinkat", EPERM);
  const std::array<scmp_arg_cmp, 2> compares = {
      SCMP_CMP64(0, SCMP_CMP_NE, static_cast<scmp_datum_t>(except)), SCMP_CMP64(2, SCMP_CMP_NE, 0)};
  for (const scmp_arg_cmp& compare : compares) {
    const int result =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unlinkat), 1, compare);
    if (result != 0) return ErrnoStatus(-result, "a seccomp rule for unlinkat");
  }
  return absl::OkStatus();
}

// Descriptors to which something is left; -1: none.
struct Exceptions {
  int rewritable = -1;
  int directory = -1;
};

absl::Status InstallFilter(const Exceptions& except) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (filter == nullptr) return absl::ResourceExhaustedError("no memory for the seccomp filter");
  for (const char* name : kRefused) {
    if (absl::Status added = RefuseCall(filter.get(), name, EPERM); !added.ok()) return added;
  }
  // clone3 has its flags in memory; ENOSYS makes glibc fall back to clone.
  if (absl::Status added = RefuseCall(filter.get(), "clone3", ENOSYS); !added.ok()) return added;
  if (absl::Status added = RefuseEmptying(filter.get(), except.rewritable); !added.ok())
    return added;
  if (absl::Status added = RefuseRemoving(filter.get(), except.directory); !added.ok())
    return added;
  if (absl::Status added = RefuseOpenForWriting(filter.get()); !added.ok()) return added;
  const int result = seccomp_load(filter.get());
  return result == 0 ? absl::OkStatus() : ErrnoStatus(-result, "installing the seccomp filter");
}

FloorPlan PlanFor(const std::vector<std::string>& paths, Access access) {
  std::vector<PathGrant> grants;
  for (const std::string& path : paths) {
    const std::unique_ptr<char, decltype(&free)> canonical(realpath(path.c_str(), nullptr), &free);
    if (canonical != nullptr) grants.push_back({canonical.get(), access});
  }
  return FloorPlan(std::move(grants));
}

absl::StatusOr<Confinement> Confine(const FloorPlan& plan, const Exceptions& except) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return LastErrnoStatus("no_new_privs");
  Confinement confinement;
  if (const int abi = LandlockAbi(); abi > 0) {
    absl::StatusOr<UniqueFd> ruleset = BuildLandlockRuleset(plan, abi);
    if (!ruleset.ok()) return ruleset.status();
    if (const int error = RestrictSelf(ruleset->get()); error != 0) {
      return ErrnoStatus(error, "entering the Landlock domain");
    }
    confinement.landlock = true;
  }
  if (absl::Status installed = InstallFilter(except); !installed.ok()) return installed;
  return confinement;
}

}  // namespace

absl::StatusOr<Confinement> ConfineToReading(const std::vector<std::string>& readable,
                                             int rewritable) {
  return Confine(PlanFor(readable, Access::kRead), {rewritable, -1});
}

absl::StatusOr<Confinement> ConfineToRemoving(const std::string& directory, int directory_fd) {
  // What else kWrite allows the filter refuses.
  return Confine(PlanFor({directory}, Access::kRead | Access::kWrite), {-1, directory_fd});
}

}  // namespace safe_trace
