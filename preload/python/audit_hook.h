// The Python frames of the calling thread, for the supervisor: an audit hook in C (PEP 578), added
// before the interpreter starts. CPython 3.8 and later, where the program or a library that it is
// linked with exports the C API.
#ifndef SAFE_TRACE_PRELOAD_PYTHON_AUDIT_HOOK_H_
#define SAFE_TRACE_PRELOAD_PYTHON_AUDIT_HOOK_H_

namespace safe_trace {

// Does nothing where the frames are not wanted (ST_WANT_PYTHON_FRAMES) or this is no such program.
void InstallPythonHook();

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_PYTHON_AUDIT_HOOK_H_
