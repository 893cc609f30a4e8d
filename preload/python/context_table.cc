#include "preload/python/context_table.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload/event_channel.h"
#include "preload/per_process.h"
#include "preload/raw_syscall.h"

namespace safe_trace {
namespace {

st_context_table* table;
uint64_t last_generation;

// Initial-exec: the general model calls __tls_get_addr, which may allocate.
__thread uint32_t thread_id __attribute__((tls_model("initial-exec")));

__thread st_thread_state* thread_state __attribute__((tls_model("initial-exec")));

// A forked child has its parent's thread-local memory but not its ids.
uint32_t ThreadId() {
  if (thread_id != 0 && __atomic_load_n(&per_process.is_known, __ATOMIC_RELAXED) != 0) {
    return thread_id;
  }
  __atomic_store_n(&per_process.is_known, 1u, __ATOMIC_RELAXED);
  thread_id = static_cast<uint32_t>(RawSyscall(SYS_gettid, 0, 0, 0, 0));
  return thread_id;
}

}  // namespace

bool OpenContextTable() {
  const long mapped =
      RawSyscall6(SYS_mmap, 0, static_cast<long>(sizeof(st_context_table)), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped < 0 && mapped > -4096) return false;
  table = reinterpret_cast<st_context_table*>(mapped);
  ReportEvent(ST_EVENT_CONTEXT_TABLE, "", table);
  return true;
}

st_context* BeginContext() {
  if (table == nullptr) return nullptr;
  const uint32_t thread = ThreadId();
  st_context* context = &table->contexts[thread % ST_CONTEXT_SLOTS];
  const uint32_t sequence = __atomic_load_n(&context->sequence, __ATOMIC_RELAXED);
  uint32_t expected = sequence;
  if ((sequence & 1u) != 0 ||
      !__atomic_compare_exchange_n(&context->sequence, &expected, sequence + 1, false,
                                   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    return nullptr;
  }
  context->thread = thread;
  context->generation = __atomic_add_fetch(&last_generation, uint64_t{1}, __ATOMIC_RELAXED);
  context->frame_count = 0;
  context->flags = 0;
  context->argument_length = 0;
  return context;
}

void EndContext(st_context* context) {
  __atomic_add_fetch(&context->sequence, 1u, __ATOMIC_RELEASE);
}

void PublishImporting(bool importing) {
  if (table == nullptr) return;
  const uint32_t thread = ThreadId();
  if (thread_state == nullptr || thread_state->thread != thread) {
    if (!importing && thread_state == nullptr) return;  // as if nothing were there
    const uint32_t first = thread % ST_THREAD_STATES;
    for (uint32_t i = 0; i < ST_THREAD_PROBES; ++i) {
      thread_state = &table->states[first + i];
      uint32_t found = 0;
      if (__atomic_compare_exchange_n(&thread_state->thread, &found, thread, false,
                                      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
          found == thread) {
        break;
      }
    }
    __atomic_store_n(&thread_state->thread, thread, __ATOMIC_RELEASE);
  }
  __atomic_store_n(&thread_state->importing, importing ? 1u : 0u, __ATOMIC_RELEASE);
}

size_t CopyEnd(char* to, size_t room, const char* from, size_t length) {
  if (length > room) {
    from += length - room;
    length = room;
  }
  size_t count = length;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return length;
}

}  // namespace safe_trace
