// The function behind a wrapper.
#ifndef SAFE_TRACE_PRELOAD_REAL_FUNCTION_H_
#define SAFE_TRACE_PRELOAD_REAL_FUNCTION_H_

#include "preload/shim_init.h"

namespace safe_trace {

// The next definition of `symbol`, kept in `slot`; null before the shim is relocated. Two threads
// may both search: they store the same address.
template <typename Function>
Function* Real(Function** slot, const char* symbol) {
  Function* found = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
  if (found == nullptr && IsRelocated()) {
    found = reinterpret_cast<Function*>(FindNext(symbol));
    __atomic_store_n(slot, found, __ATOMIC_RELEASE);
  }
  return found;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_REAL_FUNCTION_H_
