// Runs inside somebody else's process: the rules are at the head of shim_init.cc.
#include "preload/per_process.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload/raw_syscall.h"

namespace safe_trace {

PerProcess per_process;

void WipePerProcessOnFork() {
  RawSyscall(SYS_madvise, reinterpret_cast<long>(&per_process), kPageSize, MADV_WIPEONFORK, 0);
}

bool TakeRemovedNameReport(unsigned index) {
  uint8_t* flag = &per_process.reported[index];
  // The plain load first: a hot loop must not bounce the cache line between processors.
  if (__atomic_load_n(flag, __ATOMIC_RELAXED) != 0) return false;
  return __atomic_exchange_n(flag, uint8_t{1}, __ATOMIC_RELAXED) == 0;
}

bool TakeNameLookupReport() {
  // The load keeps the counter from wrapping round after 2^32 lookups.
  if (__atomic_load_n(&per_process.name_lookups, __ATOMIC_RELAXED) >= kMaxNameLookups) return false;
  return __atomic_fetch_add(&per_process.name_lookups, 1u, __ATOMIC_RELAXED) < kMaxNameLookups;
}

}  // namespace safe_trace
