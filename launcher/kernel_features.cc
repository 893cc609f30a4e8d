#include "launcher/kernel_features.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/numbers.h"
#include "launcher/probe_child.h"
#include "tracer/floor/landlock_ruleset.h"
#include "tracer/unique_fd.h"

// Newer than the headers of Debian 12.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

namespace safe_trace {
namespace {

constexpr uint32_t kListenerBit = 1U << 0;
constexpr uint32_t kAddfdBit = 1U << 1;
constexpr uint32_t kAddfdSendBit = 1U << 2;
constexpr uint32_t kSyncWakeUpBit = 1U << 3;
constexpr uint32_t kUserNamespaceBit = 1U << 0;

// With a null filter the kernel looks at the flags first: EINVAL means that it does not know them,
// EFAULT that only the filter is missing.
bool KnowsFilterFlags(unsigned long flags) {
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, nullptr) == -1 && errno == EFAULT;
}

bool KnowsAction(uint32_t action) {
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

// The kernel checks ADDFD's flags before its source descriptor: EBADF means it knows them.
bool KnowsAddfdFlags(int listener, uint32_t flags) {
  seccomp_notif_addfd request{};
  request.flags = flags;
  request.srcfd = static_cast<uint32_t>(-1);
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &request) == -1 && errno == EBADF;
}

// In a child of its own: a filter cannot be taken off again. getppid is never called there, so that
// no notification is ever raised.
uint32_t ProbeListener() {
  const sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {static_cast<unsigned short>(std::size(program)),
                             const_cast<sock_filter*>(program)};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
  const long listener =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  if (listener < 0) return 0;
  const int fd = static_cast<int>(listener);
  uint32_t bits = kListenerBit;
  if (KnowsAddfdFlags(fd, 0)) bits |= kAddfdBit;
  if (KnowsAddfdFlags(fd, SECCOMP_ADDFD_FLAG_SEND)) bits |= kAddfdSendBit;
  if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0) {
    bits |= kSyncWakeUpBit;
  }
  return bits;
}

uint32_t ProbeUserNamespace() { return unshare(CLONE_NEWUSER) == 0 ? kUserNamespaceBit : 0; }

void ProbeSeccomp(KernelFeatures& features) {
  features.seccomp_filter = KnowsFilterFlags(0);
  features.user_notification = KnowsAction(SECCOMP_RET_USER_NOTIF);
  features.wait_killable =
      KnowsFilterFlags(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  const uint32_t bits = RunInChild(ProbeListener);
  features.new_listener = (bits & kListenerBit) != 0;
  features.addfd = (bits & kAddfdBit) != 0;
  features.addfd_send = (bits & kAddfdSendBit) != 0;
  features.sync_wake_up = (bits & kSyncWakeUpBit) != 0;
}

bool ReadsMemoryOf(pid_t pid) {
  // A fork has the same addresses; the value is copied on write.
  static const int kMarker = 0x5afe;
  int copy = 0;
  const iovec here = {&copy, sizeof(copy)};
  const iovec there = {const_cast<int*>(&kMarker), sizeof(kMarker)};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof(copy) && copy == kMarker;
}

void ProbeTracing(KernelFeatures& features) {
  const SleepingChild child;
  if (child.pid() < 0) return;
  features.process_vm_readv = ReadsMemoryOf(child.pid());
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, child.pid(), 0)));
  features.pidfd_open = pidfd.valid();
  if (pidfd.valid()) {
    // Its standard error: any descriptor that is surely open would do, ours are (see verbs.cc).
    const UniqueFd copy(static_cast<int>(syscall(SYS_pidfd_getfd, pidfd.get(), 2, 0)));
    features.pidfd_getfd = copy.valid() || errno == EBADF;
  }
  constexpr long kOptions = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
  // The child dies with `child`, and its end ends the tracing.
  features.ptrace_seize = ptrace(PTRACE_SEIZE, child.pid(), nullptr, kOptions) == 0;
}

void ProbeRest(KernelFeatures& features) {
  // No descriptor is that high: nothing is closed.
  features.close_range = syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  const UniqueFd root(static_cast<int>(syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how))));
  features.openat2 = root.valid();
  features.user_namespaces = RunInChild(ProbeUserNamespace) != 0;
  struct statfs info {};
  features.cgroup_v2 = statfs("/sys/fs/cgroup", &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
  std::ifstream yama("/proc/sys/kernel/yama/ptrace_scope");
  if (!(yama >> features.yama_ptrace_scope)) features.yama_ptrace_scope = -1;
}

void ReadOwnStatus(KernelFeatures& features) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    const std::string_view view = line;
    int* const into = view.starts_with("Seccomp:")     ? &features.seccomp_mode
                      : view.starts_with("TracerPid:") ? &features.tracer_pid
                                                       : nullptr;
    if (into == nullptr) continue;
    if (!absl::SimpleAtoi(line.substr(line.find(':') + 1), into)) *into = 0;
  }
}

}  // namespace

KernelFeatures ProbeKernel() {
  KernelFeatures features;
  utsname name{};
  if (uname(&name) == 0) {
    features.release = name.release;
    features.machine = name.machine;
  }
  features.landlock_abi = LandlockAbi();
  ReadOwnStatus(features);
  ProbeSeccomp(features);
  ProbeTracing(features);
  ProbeRest(features);
  return features;
}

}  // namespace safe_trace
