// Runs inside somebody else's process: the rules are at the head of shim_init.cc.
#include "preload/env_hooks.h"

#include <stdlib.h>

#include "preload/event_channel.h"
#include "preload/per_process.h"
#include "preload/removed_names.h"
#include "preload/shim_init.h"
#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

using GetenvFunction = char*(const char*);

// Null until the constructor has run. The real functions are preferred, as another preloaded
// library may have its own.
GetenvFunction* real_getenv;
GetenvFunction* real_secure_getenv;

__attribute__((noinline)) void NoteMissing(const char* name, const void* caller) {
  EnsureStarted();
  const int index = FindRemovedName(name);
  if (index == kNotRemoved) return;
  if (!TakeRemovedNameReport(static_cast<unsigned>(index))) return;
  ReportEvent(ST_EVENT_VARIABLE_LOOKUP, name, caller);
}

}  // namespace

void ResolveEnvironmentFunctions() {
  auto* plain = reinterpret_cast<GetenvFunction*>(FindNext("getenv"));
  auto* secure = reinterpret_cast<GetenvFunction*>(FindNext("secure_getenv"));
  __atomic_store_n(&real_getenv, plain, __ATOMIC_RELEASE);
  __atomic_store_n(&real_secure_getenv, secure, __ATOMIC_RELEASE);
}

}  // namespace safe_trace

ST_EXPORT char* getenv(const char* name) noexcept {
  using namespace safe_trace;
  GetenvFunction* real = __atomic_load_n(&real_getenv, __ATOMIC_ACQUIRE);
  char* value = real != nullptr ? real(name) : FindInEnvironment(name);
  if (value == nullptr) NoteMissing(name, __builtin_return_address(0));
  return value;
}

ST_EXPORT char* secure_getenv(const char* name) noexcept {
  using namespace safe_trace;
  GetenvFunction* real = __atomic_load_n(&real_secure_getenv, __ATOMIC_ACQUIRE);
  char* value = nullptr;
  if (real != nullptr) {
    value = real(name);
  } else if (IsRelocated() && !IsSecureExecution()) {
    value = FindInEnvironment(name);
  }
  if (value == nullptr) NoteMissing(name, __builtin_return_address(0));
  return value;
}
