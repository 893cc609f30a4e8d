#include "tracer/filter/seccomp_filter.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "tracer/filter/syscall_table.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

namespace safe_trace {
namespace {

constexpr uint64_t kLow32 = 0xffffffff;
constexpr uint64_t kNewNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | 0x80ULL;
constexpr int kTcpFastopenConnect = 30;
constexpr int kIpOptions = 4;
constexpr int kIpv6RoutingHeader = 57;
constexpr int kIpv6PacketOptions2292 = 6;
constexpr int kIpv6FlowLabelManager = 32;

// Requests that change files, directories or whole file systems through a descriptor that need not
// be open for writing: owning the file is enough. By type and number, whatever size is packed
// around them. FICLONE and its kin ask for writing themselves; FS_IOC_GETFLAGS only reads.
struct IoctlNumbers {
  uint8_t type;
  std::initializer_list<uint8_t> numbers;
};
constexpr uint8_t kFsType = 'f';
constexpr uint8_t kSetFlags = 2;  // FS_IOC_SETFLAGS: decided on by the path
constexpr IoctlNumbers kFileChanges[] = {
    // ext4: version, group additions, migration, moved and swapped extents, delayed blocks,
    // shutdown; all: encryption policies and keys, verity.
    {kFsType, {kSetFlags, 4, 7, 8, 9, 12, 15, 16, 17, 19, 23, 24, 25, 40, 43, 133}},
    {'v', {2}},  // FS_IOC_SETVERSION
    // XFS: space, FSSETXATTR, swapped and exchanged extents, freezing, shutdown.
    {'X', {10, 11, 32, 36, 37, 40, 41, 42, 43, 57, 109, 119, 120, 121, 125, 129, 130, 131}},
    // btrfs: snapshots, defragmentation, sizes, devices, subvolumes, quotas, received ones, labels.
    {0x94, {1,  2,  3,  4,  5,  10, 11, 12, 14, 15, 16, 19, 23, 24,
            26, 32, 33, 37, 40, 41, 42, 43, 44, 50, 53, 58, 63}},
    {0xf5, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 18, 19, 20, 22, 23, 24}},  // f2fs
    {0xbc, {16, 17, 64}},  // bcachefs: subvolumes
    {'r', {0x11}},         // FAT's attributes
    {'o', {4}},            // OCFS2's REFLINK
};
// Joining a multicast group sends a report that carries bits of the group's address.
constexpr uint64_t kIpMembership[] = {
    IP_ADD_MEMBERSHIP, IP_BLOCK_SOURCE,    IP_ADD_SOURCE_MEMBERSHIP, IP_MSFILTER,
    MCAST_JOIN_GROUP,  MCAST_BLOCK_SOURCE, MCAST_JOIN_SOURCE_GROUP,  MCAST_MSFILTER};
constexpr uint64_t kIpv6Membership[] = {IPV6_JOIN_GROUP,         IPV6_JOIN_ANYCAST,
                                        MCAST_JOIN_GROUP,        MCAST_BLOCK_SOURCE,
                                        MCAST_JOIN_SOURCE_GROUP, MCAST_MSFILTER};

// The kernel reads int arguments from the low half of the register; the high half is the caller's
// to fill, so every comparison of an int masks it off.
scmp_arg_cmp Equals(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, kLow32, value & kLow32};
}
scmp_arg_cmp HasBits(unsigned argument, uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, bits, bits};
}
// 64-bit comparison: a value with garbage above is great, and falls on the refusing side.
scmp_arg_cmp GreaterThan(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_GT, value, 0};
}
scmp_arg_cmp NotEquals(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_NE, value, 0};
}

// Collects rules; remembers the first failure so that callers need not check each.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx context) : context_(context) {}

  void Add(uint32_t action, int number, std::initializer_list<scmp_arg_cmp> comparisons = {}) {
    int result =
        seccomp_rule_add_array(context_, action, number, static_cast<unsigned>(comparisons.size()),
                               comparisons.size() == 0 ? nullptr : comparisons.begin());
    if (result < 0 && error_ == 0) {
      error_ = -result;
      failed_number_ = number;
    }
  }
  // The supervisor is asked: it decides, or refuses and writes it down.
  void Ask(int number, std::initializer_list<scmp_arg_cmp> comparisons = {}) {
    Add(SCMP_ACT_NOTIFY, number, comparisons);
  }
  void Refuse(int error, int number, std::initializer_list<scmp_arg_cmp> comparisons = {}) {
    Add(SCMP_ACT_ERRNO(static_cast<uint16_t>(error)), number, comparisons);
  }
  absl::Status status() const {
    if (error_ == 0) return absl::OkStatus();
    return ErrnoStatus(error_, "seccomp rule for " + std::string(SyscallName(failed_number_)));
  }

 private:
  scmp_filter_ctx context_;
  int error_ = 0;
  int failed_number_ = 0;
};

// Unix, internet and routing sockets only; of the internet families only TCP and UDP.
void AddSocketRules(Rules& rules) {
  constexpr int kHighestFamily = 64;
  for (uint64_t family = 0; family < kHighestFamily; ++family) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) {
      continue;
    }
    rules.Ask(SYS_socket, {Equals(0, family)});
  }
  rules.Ask(SYS_socket, {GreaterThan(0, kHighestFamily - 1)});
  // SOCK_TYPE_MASK is 0xf: the bits above are SOCK_CLOEXEC and SOCK_NONBLOCK.
  constexpr std::array<uint64_t, 5> kRefusedTypes = {SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_DCCP,
                                                     SOCK_PACKET};
  for (uint64_t family : {AF_INET, AF_INET6}) {
    for (uint64_t type : kRefusedTypes) {
      rules.Ask(SYS_socket, {Equals(0, family), scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xf, type}});
    }
    for (uint64_t protocol = 1; protocol < IPPROTO_UDP; ++protocol) {
      if (protocol == IPPROTO_TCP) continue;
      rules.Ask(SYS_socket, {Equals(0, family), Equals(2, protocol)});
    }
    // MPTCP among them: Landlock does not see it.
    rules.Ask(SYS_socket, {Equals(0, family), GreaterThan(2, IPPROTO_UDP)});
  }
  rules.Ask(SYS_socket, {Equals(0, AF_NETLINK), NotEquals(2, 0)});
  // Fast open connects inside a send or a later write, where nobody is asked.
  rules.Ask(SYS_setsockopt, {Equals(1, IPPROTO_TCP), Equals(2, kTcpFastopenConnect)});
  // Source routes would lead an allowed address elsewhere.
  rules.Ask(SYS_setsockopt, {Equals(1, IPPROTO_IP), Equals(2, kIpOptions)});
  for (int option : {kIpv6RoutingHeader, kIpv6PacketOptions2292, kIpv6FlowLabelManager}) {
    rules.Ask(SYS_setsockopt, {Equals(1, IPPROTO_IPV6), Equals(2, static_cast<uint64_t>(option))});
  }
  for (uint64_t option : kIpMembership) {
    rules.Ask(SYS_setsockopt, {Equals(1, IPPROTO_IP), Equals(2, option)});
  }
  for (uint64_t option : kIpv6Membership) {
    rules.Ask(SYS_setsockopt, {Equals(1, IPPROTO_IPV6), Equals(2, option)});
  }
}

void AddFileIoctlRules(Rules& rules) {
  for (const IoctlNumbers& family : kFileChanges) {
    for (uint64_t number : family.numbers) {
      const uint64_t request = (uint64_t{family.type} << _IOC_TYPESHIFT) | number;
      rules.Ask(SYS_ioctl, {scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xffff, request}});
    }
  }
}

// A send without an address to a connected socket passes for free.
void AddSendRules(Rules& rules) {
  rules.Ask(SYS_sendto, {NotEquals(4, 0)});
  // Without an address a send can still connect, by fast open.
  rules.Ask(SYS_sendto, {HasBits(3, MSG_FASTOPEN)});
  rules.Ask(SYS_sendmsg);
  rules.Ask(SYS_sendmmsg);
  // Who does not want to know the sender is not misled about it.
  rules.Ask(SYS_recvfrom, {NotEquals(4, 0)});
}

void AddTargetRules(Rules& rules, const FilterOptions& options) {
  for (int number : {SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler,
                     SYS_sched_setparam, SYS_sched_setattr}) {
    rules.Ask(number, {NotEquals(0, 0)});
  }
  // Only "this process" passes unasked: 0 as a group or a user names many.
  constexpr uint64_t kIoPriorityOfProcess = 1;
  rules.Ask(SYS_setpriority, {NotEquals(1, 0)});
  rules.Ask(SYS_setpriority, {NotEquals(0, PRIO_PROCESS)});
  rules.Ask(SYS_ioprio_set, {NotEquals(1, 0)});
  rules.Ask(SYS_ioprio_set, {NotEquals(0, kIoPriorityOfProcess)});
  // IPC_RMID, IPC_SET and the locks change a segment; IPC_64 (0x100) may be set in the command.
  for (uint64_t command : {IPC_RMID, IPC_SET, SHM_LOCK, SHM_UNLOCK}) {
    rules.Ask(SYS_shmctl, {scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xfffffeff, command}});
  }
  // Landlock refuses signals to outside by itself, but silently.
  rules.Ask(SYS_kill);
  if (!options.signals_scoped) {
    for (int number : {SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo,
                       SYS_pidfd_send_signal}) {
      rules.Ask(number);
    }
  }
  if (!options.tracing_scoped) {
    rules.Ask(SYS_process_vm_readv);
    rules.Ask(SYS_process_vm_writev);
  }
}

void AddProcessRules(Rules& rules) {
  for (uint64_t bit = 1; bit <= kNewNamespaces && bit != 0; bit <<= 1) {
    if ((kNewNamespaces & bit) == 0) continue;
    rules.Ask(SYS_unshare, {HasBits(0, bit)});
    // 0x80 is CLONE_NEWTIME for unshare; in clone it belongs to the exit signal.
    if (bit != 0x80) rules.Ask(SYS_clone, {HasBits(0, bit)});
  }
  // Such a task would leave the tracer.
  rules.Ask(SYS_clone, {HasBits(0, CLONE_UNTRACED)});
  // After the supervisor's death a second listener would be accepted, and the newest filter wins.
  rules.Ask(SYS_seccomp, {HasBits(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)});
  // An undumpable task cannot be read by a supervisor that is not root. Answered with success:
  // agents that ask for it give up when it fails.
  rules.Refuse(0, SYS_prctl, {Equals(0, PR_SET_DUMPABLE)});
  // A lease would let its holder keep the supervisor waiting in an open.
  rules.Refuse(EINVAL, SYS_fcntl, {Equals(1, F_SETLEASE)});
  // Input pushed into the terminal would be typed into the user's shell.
  for (uint64_t request : {static_cast<uint64_t>(TIOCSTI), static_cast<uint64_t>(TIOCLINUX),
                           static_cast<uint64_t>(TIOCCONS)}) {
    rules.Ask(SYS_ioctl, {Equals(1, request)});
  }
  // The floor grants no terminal that was not there at the start: opened on behalf.
  rules.Ask(SYS_ioctl, {Equals(1, TIOCGPTPEER)});
}

void AddTable(Rules& rules) {
  for (const SyscallEntry& entry : SyscallTable()) {
    if (entry.handling == Handling::kNotify || entry.handling == Handling::kRefuseAloud) {
      rules.Ask(entry.number);
    }
    if (entry.handling == Handling::kRefuse) rules.Refuse(entry.error, entry.number);
  }
}

// libseccomp 2.5 writes programs to descriptors only.
absl::StatusOr<SeccompProgram> Export(scmp_filter_ctx context) {
  UniqueFd file(memfd_create("filter", MFD_CLOEXEC));
  if (!file.valid()) return LastErrnoStatus("memfd_create for the seccomp program");
  int result = seccomp_export_bpf(context, file.get());
  if (result < 0) return ErrnoStatus(-result, "compiling the seccomp program");
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return LastErrnoStatus("fstat of the seccomp program");
  SeccompProgram program(static_cast<size_t>(status.st_size) / sizeof(sock_filter));
  ssize_t count = pread(file.get(), program.data(), program.size() * sizeof(sock_filter), 0);
  if (count != status.st_size || program.empty() || program.size() > BPF_MAXINSNS) {
    return absl::InternalError("the seccomp program has an impossible size");
  }
  return program;
}

}  // namespace

absl::StatusOr<SeccompProgram> BuildSeccompFilter(const FilterOptions& options) {
  std::unique_ptr<void, decltype(&seccomp_release)> context(seccomp_init(SCMP_ACT_ALLOW),
                                                            &seccomp_release);
  if (context == nullptr) return absl::InternalError("libseccomp could not make a filter");
  // Foreign architectures and x32: no such call exists.
  int result = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH,
                                SCMP_ACT_ERRNO(static_cast<uint16_t>(ENOSYS)));
  // A binary tree over the numbers: most calls pass after a few comparisons.
  if (result == 0) result = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (result < 0) return ErrnoStatus(-result, "setting up libseccomp");
  Rules rules(context.get());
  AddTable(rules);
  AddSocketRules(rules);
  AddSendRules(rules);
  AddTargetRules(rules, options);
  AddProcessRules(rules);
  AddFileIoctlRules(rules);
  if (!rules.status().ok()) return rules.status();
  return Export(context.get());
}

int InstallSeccompFilter(const SeccompProgram& program) {
  sock_fprog description{static_cast<unsigned short>(program.size()),
                         const_cast<sock_filter*>(program.data())};
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                          SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                          &description);
  return listener < 0 ? -errno : static_cast<int>(listener);
}

}  // namespace safe_trace
