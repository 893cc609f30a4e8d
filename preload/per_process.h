// What the shim has already reported in this process. Rules for code here: see shim_init.cc.
//
// The page is wiped by the kernel in a forked child (MADV_WIPEONFORK, Linux 4.14), so that a child
// reports for itself; with vfork it is shared, as all memory is. Where the kernel cannot wipe, the
// child goes on from its parent's counts and reports less. Test:
// ForkedChildReportsItsOwnLookup.
#ifndef SAFE_TRACE_PRELOAD_PER_PROCESS_H_
#define SAFE_TRACE_PRELOAD_PER_PROCESS_H_

#include <stdint.h>

namespace safe_trace {

inline constexpr unsigned kMaxRemovedNames = 64;
inline constexpr uint32_t kMaxNameLookups = 256;
inline constexpr unsigned kPageSize = 4096;

struct alignas(kPageSize) PerProcess {
  uint8_t reported[kMaxRemovedNames];  // indexed as the table of removed names; 1 once reported
  uint32_t name_lookups;
  uint32_t is_known;  // 1 once this process has asked for the ids of its threads anew
};
static_assert(sizeof(PerProcess) == kPageSize, "wiping must touch nothing else");

extern PerProcess per_process;

// Asks the kernel to wipe the page in forked children. One system call, at start.
void WipePerProcessOnFork();

// Both return true as long as the caller may send one more report.
bool TakeRemovedNameReport(unsigned index);
bool TakeNameLookupReport();

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_PER_PROCESS_H_
