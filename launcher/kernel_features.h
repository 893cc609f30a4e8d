// What this kernel, and whatever confines this process already, let safe-trace use. Every probe
// tries the mechanism itself: version numbers lie in containers and on distribution kernels.
#ifndef SAFE_TRACE_LAUNCHER_KERNEL_FEATURES_H_
#define SAFE_TRACE_LAUNCHER_KERNEL_FEATURES_H_

#include <string>

namespace safe_trace {

struct KernelFeatures {
  std::string release;   // uname -r
  std::string machine;   // uname -m
  int landlock_abi = 0;  // 0: none

  bool seccomp_filter = false;
  bool user_notification = false;  // SECCOMP_RET_USER_NOTIF is an action the kernel knows
  bool new_listener = false;       // a listener could really be had; false under another supervisor
  bool wait_killable = false;      // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
  bool addfd = false;              // SECCOMP_IOCTL_NOTIF_ADDFD, Linux 5.9
  bool addfd_send = false;         // SECCOMP_ADDFD_FLAG_SEND, Linux 5.14
  bool sync_wake_up = false;       // SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6

  bool ptrace_seize = false;   // of a child of ours, with every event that the tracer needs
  int yama_ptrace_scope = -1;  // -1: no Yama
  bool process_vm_readv = false;
  bool pidfd_open = false;
  bool pidfd_getfd = false;  // of a child; container engines often refuse it

  bool close_range = false;
  bool openat2 = false;
  bool user_namespaces = false;
  bool cgroup_v2 = false;

  int seccomp_mode = 0;  // of this process: 2 where it already runs under a filter
  int tracer_pid = 0;    // 0: nobody traces this process
};

// Forks a few short-lived children and reaps them; takes a few milliseconds, at most about five
// seconds where a child hangs. Leaves nothing behind. Call it before there are other threads.
KernelFeatures ProbeKernel();

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_KERNEL_FEATURES_H_
