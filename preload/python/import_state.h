// Whether the calling thread imports a package: code of a file that is neither the interpreter's
// nor the program's own runs, or what it called does, and the import that it belongs to goes on.
// Runs inside somebody else's process: the rules are at the head of shim_init.cc.
#ifndef SAFE_TRACE_PRELOAD_PYTHON_IMPORT_STATE_H_
#define SAFE_TRACE_PRELOAD_PYTHON_IMPORT_STATE_H_

#include "preload/python/python_api.h"

namespace safe_trace {

// Reads ST_OWN_CODE. Without it this is no guarded program and nothing is told.
void StartImportState();

// Of sys.audit: "import", "exec", "open" (for the names of path configuration files).
bool IsImportEvent(const char* event);
// With the interpreter's lock held and no error set. `arguments`: the event's tuple.
void NoteImportEvent(const char* event, Object* arguments);

// The path configuration file whose line is run; "" otherwise.
const char* RunningPathFile();

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_PYTHON_IMPORT_STATE_H_
