// The table of st_context of this process. Runs inside somebody else's process: the rules are at
// the head of shim_init.cc.
#ifndef SAFE_TRACE_PRELOAD_PYTHON_CONTEXT_TABLE_H_
#define SAFE_TRACE_PRELOAD_PYTHON_CONTEXT_TABLE_H_

#include <stddef.h>

#include "preload/shim_protocol.h"

namespace safe_trace {

// Maps the table and tells the supervisor where it is. False where there is no memory for it.
bool OpenContextTable();

// The calling thread's place, locked; null where another thread has it (its id may lie on the same
// place). To be given back with EndContext, which makes it readable.
st_context* BeginContext();
void EndContext(st_context* context);

// Says for the calling thread whether it imports a package.
void PublishImporting(bool importing);

// Copies at most `room` bytes, the end of a longer text; returns how many.
size_t CopyEnd(char* to, size_t room, const char* from, size_t length);

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_PYTHON_CONTEXT_TABLE_H_
