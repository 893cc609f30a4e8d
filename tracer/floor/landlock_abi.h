// Landlock's user interface up to ABI 7 under names of our own: the headers of Debian 12 know
// ABI 2. Source: include/uapi/linux/landlock.h of Linux 6.15. Values never change once released.
#ifndef SAFE_TRACE_TRACER_FLOOR_LANDLOCK_ABI_H_
#define SAFE_TRACE_TRACER_FLOOR_LANDLOCK_ABI_H_

#include <cstddef>
#include <cstdint>

namespace safe_trace::landlock {

// The newest ABI whose rights are named here; a newer kernel is used as if it were this one.
inline constexpr int kNewestKnownAbi = 7;

inline constexpr uint32_t kCreateRulesetVersion = 1U << 0;
inline constexpr uint32_t kRulePathBeneath = 1;

// ABI 1 (Linux 5.13).
inline constexpr uint64_t kFsExecute = 1ULL << 0;
inline constexpr uint64_t kFsWriteFile = 1ULL << 1;
inline constexpr uint64_t kFsReadFile = 1ULL << 2;
inline constexpr uint64_t kFsReadDir = 1ULL << 3;
inline constexpr uint64_t kFsRemoveDir = 1ULL << 4;
inline constexpr uint64_t kFsRemoveFile = 1ULL << 5;
inline constexpr uint64_t kFsMakeChar = 1ULL << 6;
inline constexpr uint64_t kFsMakeDir = 1ULL << 7;
inline constexpr uint64_t kFsMakeReg = 1ULL << 8;
inline constexpr uint64_t kFsMakeSock = 1ULL << 9;
inline constexpr uint64_t kFsMakeFifo = 1ULL << 10;
inline constexpr uint64_t kFsMakeBlock = 1ULL << 11;
inline constexpr uint64_t kFsMakeSym = 1ULL << 12;
// ABI 2 (5.19). Before it, linking and renaming between directories is always refused.
inline constexpr uint64_t kFsRefer = 1ULL << 13;
// ABI 3 (6.2). Before it, truncation cannot be refused.
inline constexpr uint64_t kFsTruncate = 1ULL << 14;
// ABI 5 (6.10).
inline constexpr uint64_t kFsIoctlDev = 1ULL << 15;
// ABI 4 (6.7).
inline constexpr uint64_t kNetBindTcp = 1ULL << 0;
inline constexpr uint64_t kNetConnectTcp = 1ULL << 1;
// ABI 6 (6.12).
inline constexpr uint64_t kScopeAbstractUnixSocket = 1ULL << 0;
inline constexpr uint64_t kScopeSignal = 1ULL << 1;
// ABI 7 (6.15): flags of landlock_restrict_self about the audit log. None is set here.
inline constexpr uint32_t kRestrictLogSameExecOff = 1U << 0;
inline constexpr uint32_t kRestrictLogNewExecOn = 1U << 1;
inline constexpr uint32_t kRestrictLogSubdomainsOff = 1U << 2;

// The rights that a rule on a file which is not a directory may carry; others give EINVAL.
inline constexpr uint64_t kFsFileRights =
    kFsExecute | kFsWriteFile | kFsReadFile | kFsTruncate | kFsIoctlDev;

constexpr uint64_t HandledFileSystem(int abi) {
  uint64_t rights = (kFsMakeSym << 1) - 1;
  if (abi >= 2) rights |= kFsRefer;
  if (abi >= 3) rights |= kFsTruncate;
  if (abi >= 5) rights |= kFsIoctlDev;
  return rights;
}
constexpr uint64_t HandledNetwork(int abi) { return abi >= 4 ? kNetBindTcp | kNetConnectTcp : 0; }
constexpr uint64_t Scoped(int abi) {
  return abi >= 6 ? kScopeAbstractUnixSocket | kScopeSignal : 0;
}

struct RulesetAttribute {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;  // ABI 4
  uint64_t scoped;              // ABI 6
};
static_assert(sizeof(RulesetAttribute) == 24);

// A kernel refuses a longer structure with E2BIG only where the surplus is not zero; passing the
// size that its ABI knows avoids relying on that.
constexpr size_t RulesetAttributeSize(int abi) { return abi >= 6 ? 24 : abi >= 4 ? 16 : 8; }

struct __attribute__((packed)) PathBeneathAttribute {
  uint64_t allowed_access;
  int32_t parent_fd;
};
static_assert(sizeof(PathBeneathAttribute) == 12);

}  // namespace safe_trace::landlock

#endif  // SAFE_TRACE_TRACER_FLOOR_LANDLOCK_ABI_H_
