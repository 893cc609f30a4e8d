// The names of the variables that were taken out of this image's environment.
#ifndef SAFE_TRACE_PRELOAD_REMOVED_NAMES_H_
#define SAFE_TRACE_PRELOAD_REMOVED_NAMES_H_

namespace safe_trace {

inline constexpr unsigned kNameBytes = 4096;
inline constexpr int kNotRemoved = -1;

// Copies a colon-separated list: at most kNameBytes bytes and kMaxRemovedNames names; what is
// beyond is not watched, and neither is a name cut by the bound. Called once, before any search.
void LoadRemovedNames(const char* list);

// The index of `name` in the table, or kNotRemoved. Some nanoseconds; async-signal-safe.
int FindRemovedName(const char* name);

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_REMOVED_NAMES_H_
