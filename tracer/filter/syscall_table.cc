#include "tracer/filter/syscall_table.h"

#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>

// Calls that this distribution's headers do not name yet; the numbers are the same on every
// architecture since Linux 5.x.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_removexattrat 466
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

namespace safe_trace {
namespace {

constexpr SyscallEntry Notify(int number, std::string_view name, HandlerGroup group) {
  return {number, name, Handling::kNotify, group, 0, {}, false};
}
constexpr SyscallEntry Refuse(int number, std::string_view name, int error,
                              std::string_view reason) {
  return {number, name, Handling::kRefuse, HandlerGroup::kNone, error, reason, false};
}
constexpr SyscallEntry RefuseAloud(int number, std::string_view name, int error,
                                   std::string_view reason, bool forbidden) {
  return {number, name, Handling::kRefuseAloud, HandlerGroup::kRefused, error, reason, forbidden};
}
constexpr SyscallEntry Conditional(int number, std::string_view name, HandlerGroup group) {
  return {number, name, Handling::kConditional, group, 0, {}, false};
}

#define ST_NOTIFY(name, group) Notify(SYS_##name, #name, HandlerGroup::group)
#define ST_REFUSE(name, error, reason) Refuse(SYS_##name, #name, error, reason)
#define ST_UNAVAILABLE(name, error, reason) RefuseAloud(SYS_##name, #name, error, reason, false)
#define ST_FORBIDDEN(name, error, reason) RefuseAloud(SYS_##name, #name, error, reason, true)
#define ST_CONDITIONAL(name, group) Conditional(SYS_##name, #name, HandlerGroup::group)

constexpr std::string_view kUnseen = "its work would not be seen";
constexpr std::string_view kMounts = "it changes what paths mean";
constexpr std::string_view kMachine = "it changes the machine";
constexpr std::string_view kInspect = "it reaches into other processes";
constexpr std::string_view kKernel = "it is an attack surface that no install needs";

constexpr auto kTable = std::to_array<SyscallEntry>({
    ST_NOTIFY(open, kOpen),
    ST_NOTIFY(openat, kOpen),
    ST_NOTIFY(openat2, kOpen),
    ST_NOTIFY(creat, kOpen),

    ST_NOTIFY(mkdir, kNames),
    ST_NOTIFY(mkdirat, kNames),
    ST_NOTIFY(rmdir, kNames),
    ST_NOTIFY(unlink, kNames),
    ST_NOTIFY(unlinkat, kNames),
    ST_NOTIFY(rename, kNames),
    ST_NOTIFY(renameat, kNames),
    ST_NOTIFY(renameat2, kNames),
    ST_NOTIFY(link, kNames),
    ST_NOTIFY(linkat, kNames),
    ST_NOTIFY(symlink, kNames),
    ST_NOTIFY(symlinkat, kNames),
    ST_NOTIFY(mknod, kNames),
    ST_NOTIFY(mknodat, kNames),

    // Landlock does not know these: they are always done on the caller's behalf.
    ST_NOTIFY(truncate, kAttributes),
    ST_NOTIFY(chmod, kAttributes),
    ST_NOTIFY(fchmod, kAttributes),
    ST_NOTIFY(fchmodat, kAttributes),
    ST_NOTIFY(fchmodat2, kAttributes),
    ST_NOTIFY(chown, kAttributes),
    ST_NOTIFY(fchown, kAttributes),
    ST_NOTIFY(lchown, kAttributes),
    ST_NOTIFY(fchownat, kAttributes),
    ST_NOTIFY(setxattr, kAttributes),
    ST_NOTIFY(lsetxattr, kAttributes),
    ST_NOTIFY(fsetxattr, kAttributes),
    ST_NOTIFY(removexattr, kAttributes),
    ST_NOTIFY(lremovexattr, kAttributes),
    ST_NOTIFY(fremovexattr, kAttributes),
    ST_REFUSE(setxattrat, ENOSYS, "programs fall back to setxattr, which is decided on"),
    ST_REFUSE(removexattrat, ENOSYS, "programs fall back to removexattr, which is decided on"),
    ST_REFUSE(file_setattr, ENOSYS, "programs do without it"),

    ST_NOTIFY(execve, kExec),
    ST_NOTIFY(execveat, kExec),

    ST_NOTIFY(connect, kNetwork),
    ST_NOTIFY(bind, kNetwork),
    ST_NOTIFY(listen, kNetwork),
    ST_NOTIFY(getpeername, kNetwork),
    ST_NOTIFY(getsockname, kNetwork),
    ST_CONDITIONAL(sendto, kNetwork),
    ST_CONDITIONAL(sendmsg, kNetwork),
    ST_CONDITIONAL(sendmmsg, kNetwork),
    ST_CONDITIONAL(recvfrom, kNetwork),
    ST_NOTIFY(recvmsg, kNetwork),
    ST_NOTIFY(recvmmsg, kNetwork),
    ST_CONDITIONAL(socket, kRefused),
    ST_CONDITIONAL(setsockopt, kRefused),

    // A process named by number may be one outside: only the tree's own may be meant.
    ST_CONDITIONAL(prlimit64, kTarget),
    ST_CONDITIONAL(setpriority, kTarget),
    ST_CONDITIONAL(ioprio_set, kTarget),
    ST_CONDITIONAL(sched_setaffinity, kTarget),
    ST_CONDITIONAL(sched_setscheduler, kTarget),
    ST_CONDITIONAL(sched_setparam, kTarget),
    ST_CONDITIONAL(sched_setattr, kTarget),
    ST_CONDITIONAL(kill, kTarget),
    ST_CONDITIONAL(tkill, kTarget),
    ST_CONDITIONAL(tgkill, kTarget),
    ST_CONDITIONAL(rt_sigqueueinfo, kTarget),
    ST_CONDITIONAL(rt_tgsigqueueinfo, kTarget),
    ST_CONDITIONAL(pidfd_send_signal, kTarget),
    ST_CONDITIONAL(process_vm_readv, kRefused),
    ST_CONDITIONAL(process_vm_writev, kRefused),
    ST_NOTIFY(shmat, kTarget),
    ST_CONDITIONAL(shmctl, kTarget),
    ST_CONDITIONAL(fcntl, kNone),

    ST_CONDITIONAL(clone, kRefused),
    ST_CONDITIONAL(unshare, kRefused),
    ST_CONDITIONAL(seccomp, kRefused),
    ST_CONDITIONAL(prctl, kNone),
    ST_CONDITIONAL(ioctl, kIoctl),

    ST_REFUSE(clone3, ENOSYS, "its flags lie in memory; programs fall back to clone"),
    ST_REFUSE(io_uring_setup, ENOSYS, kUnseen),
    ST_REFUSE(io_uring_enter, ENOSYS, kUnseen),
    ST_REFUSE(io_uring_register, ENOSYS, kUnseen),
    ST_FORBIDDEN(ptrace, EPERM, "the tree is traced already, and by one tracer only"),
    ST_FORBIDDEN(pidfd_getfd, EPERM, kInspect),
    ST_FORBIDDEN(kcmp, EPERM, kInspect),
    ST_FORBIDDEN(process_madvise, EPERM, kInspect),
    ST_UNAVAILABLE(process_mrelease, EPERM, kInspect),
    ST_UNAVAILABLE(migrate_pages, EPERM, kInspect),
    ST_UNAVAILABLE(move_pages, EPERM, kInspect),
    ST_UNAVAILABLE(perf_event_open, EACCES, kInspect),
    ST_FORBIDDEN(open_by_handle_at, EPERM, "it opens files without a path"),
    ST_UNAVAILABLE(fanotify_init, EPERM, "it watches what others do, and hands out descriptors"),
    ST_UNAVAILABLE(userfaultfd, EPERM, "it could stall the supervisor's reads"),
    ST_FORBIDDEN(bpf, EPERM, kKernel),
    ST_UNAVAILABLE(add_key, EACCES, "keyrings hold credentials of the session"),
    ST_UNAVAILABLE(keyctl, EACCES, "keyrings hold credentials of the session"),
    ST_UNAVAILABLE(request_key, EACCES, "keyrings hold credentials of the session"),
    ST_UNAVAILABLE(lookup_dcookie, EPERM, kKernel),

    ST_FORBIDDEN(mount, EPERM, kMounts),
    ST_FORBIDDEN(umount2, EPERM, kMounts),
    ST_FORBIDDEN(pivot_root, EPERM, kMounts),
    ST_FORBIDDEN(chroot, EPERM, kMounts),
    ST_FORBIDDEN(move_mount, EPERM, kMounts),
    ST_FORBIDDEN(open_tree, EPERM, kMounts),
    ST_FORBIDDEN(open_tree_attr, EPERM, kMounts),
    ST_FORBIDDEN(fsopen, EPERM, kMounts),
    ST_FORBIDDEN(fsconfig, EPERM, kMounts),
    ST_FORBIDDEN(fsmount, EPERM, kMounts),
    ST_FORBIDDEN(fspick, EPERM, kMounts),
    ST_FORBIDDEN(mount_setattr, EPERM, kMounts),
    ST_FORBIDDEN(setns, EPERM, kMounts),

    ST_FORBIDDEN(swapon, EPERM, kMachine),
    ST_FORBIDDEN(swapoff, EPERM, kMachine),
    ST_FORBIDDEN(reboot, EPERM, kMachine),
    ST_FORBIDDEN(init_module, EPERM, kMachine),
    ST_FORBIDDEN(finit_module, EPERM, kMachine),
    ST_FORBIDDEN(delete_module, EPERM, kMachine),
    ST_FORBIDDEN(kexec_load, EPERM, kMachine),
    ST_FORBIDDEN(kexec_file_load, EPERM, kMachine),
    ST_FORBIDDEN(acct, EPERM, kMachine),
    ST_UNAVAILABLE(quotactl, EPERM, kMachine),
    ST_UNAVAILABLE(quotactl_fd, EPERM, kMachine),
    ST_FORBIDDEN(settimeofday, EPERM, kMachine),
    ST_FORBIDDEN(clock_settime, EPERM, kMachine),
    ST_FORBIDDEN(sethostname, EPERM, kMachine),
    ST_FORBIDDEN(setdomainname, EPERM, kMachine),
    ST_FORBIDDEN(iopl, EPERM, kMachine),
    ST_FORBIDDEN(ioperm, EPERM, kMachine),
    ST_UNAVAILABLE(syslog, EPERM, kMachine),
    ST_FORBIDDEN(vhangup, EPERM, kMachine),
});

#undef ST_NOTIFY
#undef ST_REFUSE
#undef ST_UNAVAILABLE
#undef ST_FORBIDDEN
#undef ST_CONDITIONAL

constexpr int kHighestNumber = 512;

constexpr std::array<int16_t, kHighestNumber> IndexByNumber() {
  std::array<int16_t, kHighestNumber> index{};
  index.fill(-1);
  for (size_t i = 0; i < kTable.size(); ++i) {
    index[static_cast<size_t>(kTable[i].number)] = static_cast<int16_t>(i);
  }
  return index;
}
constexpr std::array<int16_t, kHighestNumber> kIndex = IndexByNumber();

}  // namespace

std::span<const SyscallEntry> SyscallTable() { return kTable; }

const SyscallEntry* FindSyscall(int number) {
  if (number < 0 || number >= kHighestNumber || kIndex[static_cast<size_t>(number)] < 0) {
    return nullptr;
  }
  return &kTable[static_cast<size_t>(kIndex[static_cast<size_t>(number)])];
}

std::string_view SyscallName(int number) {
  const SyscallEntry* entry = FindSyscall(number);
  return entry == nullptr ? std::string_view("unknown") : entry->name;
}

}  // namespace safe_trace
