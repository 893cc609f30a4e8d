// How the shim starts, and what its wrappers share.
#ifndef SAFE_TRACE_PRELOAD_SHIM_INIT_H_
#define SAFE_TRACE_PRELOAD_SHIM_INIT_H_

#define ST_EXPORT extern "C" __attribute__((visibility("default")))

namespace safe_trace {

// Reads the list of removed names, once; cheap when done. May be called by a wrapper before the
// shim's constructor has run.
void EnsureStarted();

// False while the dynamic linker has not yet relocated the shim: an IFUNC resolver of another
// library may call a wrapper that early, when neither libc nor thread-local storage is reachable.
bool IsRelocated();

// Whether the kernel asked for secure execution (AT_SECURE). Needs IsRelocated().
bool IsSecureExecution();

// The value of `name` as glibc's getenv finds it, without calling glibc.
char* FindInEnvironment(const char* name);

// The next definition of `symbol` after the shim, or null. Keeps errno. Null too when called while
// the dynamic linker is already searching for this thread.
void* FindNext(const char* symbol);

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_SHIM_INIT_H_
