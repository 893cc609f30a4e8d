// Memory and flags without libc.
#ifndef SAFE_TRACE_PRELOAD_SMALL_MEMORY_H_
#define SAFE_TRACE_PRELOAD_SMALL_MEMORY_H_

#include <stddef.h>

namespace safe_trace {

// Never waits: false where somebody else has it.
inline bool Take(int& taken) { return __atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE) == 0; }
inline void Release(int& taken) { __atomic_store_n(&taken, 0, __ATOMIC_RELEASE); }

inline void CopyBytes(void* to, const void* from, size_t size) {
  auto* target = static_cast<unsigned char*>(to);
  const auto* source = static_cast<const unsigned char*>(from);
  for (size_t i = 0; i < size; ++i) target[i] = source[i];
}

inline bool EqualBytes(const void* a, const void* b, size_t size) {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  for (size_t i = 0; i < size; ++i) {
    if (left[i] != right[i]) return false;
  }
  return true;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_SMALL_MEMORY_H_
