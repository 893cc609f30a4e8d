// Runs inside somebody else's process: the rules are at the head of shim_init.cc.
#include "preload/event_channel.h"

#include <errno.h>
#include <sys/syscall.h>

#include "preload/raw_syscall.h"
#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

// Initial-exec: the general model calls __tls_get_addr, which may allocate.
__thread bool thread_is_inside __attribute__((tls_model("initial-exec")));

bool channel_closed;

void FillRecord(st_shim_record& record, uint32_t event, const char* text, const void* caller) {
  static constexpr char kMarker[sizeof(record.marker)] = "safetrc";
  for (unsigned i = 0; i < sizeof(record.marker); ++i) record.marker[i] = kMarker[i];
  record.version = ST_SHIM_VERSION;
  record.event = event;
  record.caller = reinterpret_cast<uint64_t>(caller);
  record.reserved = 0;
  uint32_t length = 0;
  while (length < ST_SHIM_TEXT_SIZE && text[length] != '\0') {
    record.text[length] = text[length];
    ++length;
  }
  record.length = length;
  // The rest is cleared so that no bytes of the program's stack are sent.
  for (uint32_t i = length; i < ST_SHIM_TEXT_SIZE; ++i) record.text[i] = '\0';
}

}  // namespace

ReentryGuard::ReentryGuard() : entered_(!thread_is_inside) { thread_is_inside = true; }

ReentryGuard::~ReentryGuard() {
  if (entered_) thread_is_inside = false;
}

void CloseChannel() { __atomic_store_n(&channel_closed, true, __ATOMIC_RELAXED); }

void ReportEvent(uint32_t event, const char* text, const void* caller) {
  if (__atomic_load_n(&channel_closed, __ATOMIC_RELAXED)) return;
  const ReentryGuard guard;
  if (!guard.entered()) return;
  st_shim_record record;
  FillRecord(record, event, text, caller);
  // A signal may interrupt a notified call before the supervisor has received it. Losing the
  // record after several such signals is better than keeping the program here.
  constexpr int kAttempts = 4;
  long result = -EINTR;
  for (int attempt = 0; attempt < kAttempts && result == -EINTR; ++attempt) {
    result =
        RawSyscall(SYS_openat, ST_SHIM_DIRFD, reinterpret_cast<long>(&record), ST_SHIM_FLAGS, 0);
  }
  // EBADF: nobody supervises; ENOSYS: the supervisor died. Neither gets better by asking again.
  if (result < 0 && result != -EINTR) CloseChannel();
}

}  // namespace safe_trace
