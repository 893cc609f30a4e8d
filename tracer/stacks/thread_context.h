// What the shim's audit hook left about a thread of an interpreter.
#ifndef SAFE_TRACE_TRACER_STACKS_THREAD_CONTEXT_H_
#define SAFE_TRACE_TRACER_STACKS_THREAD_CONTEXT_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

struct PythonFrame {
  std::string file;  // the end of it where it is longer than the hook's room
  uint32_t line = 0;
  std::string function;
};

// All of it is what the process says of itself.
struct ThreadContext {
  std::string event;     // of sys.audit: "open"
  std::string argument;  // the event's first argument where it was text
  uint64_t generation = 0;
  bool cut = false;                 // there were more frames
  std::vector<PythonFrame> frames;  // the innermost first
};

// Reads the context of thread `thread` (its id, which may belong to the process that this one was
// forked from) out of the memory of task `tid`. `table` is what the shim reported. NotFound where
// the thread left none; Unavailable while it is written.
absl::StatusOr<ThreadContext> ReadThreadContext(const TraceeMemory& memory, pid_t tid,
                                                uint64_t table, pid_t thread);

// Whether the thread says that it imports a package; nothing where it says nothing.
std::optional<bool> ReadImporting(const TraceeMemory& memory, pid_t tid, uint64_t table,
                                  pid_t thread);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_THREAD_CONTEXT_H_
