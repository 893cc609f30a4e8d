// The shim runs inside somebody else's process. Rules for all code in preload/:
// - It changes nothing that the program can see: results, errno, descriptors, signals, threads.
// - Wrappers may run before any constructor, in a signal handler, between vfork and exec, in a
//   child of a threaded program, and with any lock of libc held: no allocation, no locks, no
//   stdio, raw system calls only. dlsym is called at start, and on the first lookup of a host name.
// - Mutable state is static, fixed in size, and changed by atomic operations or before start-up
// ends.
// - What goes wrong is silent: the shim gives context, others enforce.
// - No libstdc++, no exceptions, no RTTI, nothing exported but the wrapped names (exports.map).
#include "preload/shim_init.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/auxv.h>

#include "preload/env_hooks.h"
#include "preload/event_channel.h"
#include "preload/per_process.h"
#include "preload/python/audit_hook.h"
#include "preload/removed_names.h"
#include "preload/shim_protocol.h"

// Weak, so that its address can be compared with null while the shim is not relocated.
extern "C" char** __environ __attribute__((weak));

namespace safe_trace {
namespace {

enum class StartState : int { kNotStarted, kStarting, kStarted };
StartState start_state;

// glibc binds this to the program's `environ` and sets it before the first constructor runs.
char** Environment() { return &__environ == nullptr ? nullptr : __environ; }

__attribute__((constructor)) void StartShim() {
  EnsureStarted();
  ResolveEnvironmentFunctions();
  if (!IsSecureExecution()) InstallPythonHook();
}

}  // namespace

bool IsRelocated() { return &__environ != nullptr; }

bool IsSecureExecution() { return getauxval(AT_SECURE) != 0; }

char* FindInEnvironment(const char* name) {
  char** entry = Environment();
  if (entry == nullptr || name[0] == '\0') return nullptr;
  for (; *entry != nullptr; ++entry) {
    unsigned i = 0;
    while (name[i] != '\0' && (*entry)[i] == name[i]) ++i;
    if (name[i] == '\0' && (*entry)[i] == '=') return *entry + i + 1;
  }
  return nullptr;
}

void EnsureStarted() {
  if (__atomic_load_n(&start_state, __ATOMIC_ACQUIRE) != StartState::kNotStarted) return;
  if (Environment() == nullptr) return;
  StartState expected = StartState::kNotStarted;
  if (!__atomic_compare_exchange_n(&start_state, &expected, StartState::kStarting, false,
                                   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    return;
  }
  if (IsSecureExecution()) {
    CloseChannel();
  } else {
    WipePerProcessOnFork();
    const char* list = FindInEnvironment(ST_REMOVED_VARIABLES);
    if (list != nullptr) LoadRemovedNames(list);
  }
  __atomic_store_n(&start_state, StartState::kStarted, __ATOMIC_RELEASE);
}

void* FindNext(const char* symbol) {
  const ReentryGuard guard;
  if (!guard.entered()) return nullptr;
  const int saved_errno = errno;
  void* found = dlsym(RTLD_NEXT, symbol);
  errno = saved_errno;
  return found;
}

}  // namespace safe_trace
