// What the shim uses of CPython's C API, found by name at start. Runs inside somebody else's
// process: the rules are at the head of shim_init.cc. To be called with the interpreter's lock
// held.
#ifndef SAFE_TRACE_PRELOAD_PYTHON_PYTHON_API_H_
#define SAFE_TRACE_PRELOAD_PYTHON_PYTHON_API_H_

#include <stddef.h>

namespace safe_trace {

using Object = void;  // PyObject, never looked into
using HookFunction = int(const char* event, Object* arguments, void* data);

// PyMethodDef.
struct MethodDefinition {
  const char* name;
  Object* (*function)(Object* self, Object* arguments, Object* keywords);
  int flags;
  const char* documentation;
};
inline constexpr int kMethodTakesKeywords = 0x0001 | 0x0002;  // METH_VARARGS | METH_KEYWORDS

// The same since 3.8, but for the two that came with 3.9.
struct PythonApi {
  int (*add_audit_hook)(HookFunction*, void*);
  Object* (*get_frame)();          // borrowed
  Object* (*frame_back)(Object*);  // 3.9; new reference
  Object* (*frame_code)(Object*);  // 3.9; new reference
  int (*frame_line)(Object*);      // 3.9 exports it to all; earlier it is PyCode_Addr2Line's
  Object* (*get_attribute)(Object*, const char*);
  int (*set_attribute)(Object*, const char*, Object*);
  const char* (*utf8)(Object*, ptrdiff_t*);
  Object* (*tuple_item)(Object*, ptrdiff_t);
  ptrdiff_t (*tuple_size)(Object*);
  Object* (*dictionary_item)(Object*, const char*);  // borrowed
  Object* (*modules)();                              // borrowed
  Object* (*call)(Object*, Object*, Object*);
  Object* (*new_function)(MethodDefinition*, Object* self, Object* module);
  int (*is_instance)(Object*, Object*);
  char* (*bytes_data)(Object*);
  ptrdiff_t (*bytes_size)(Object*);
  void (*release)(Object*);
  void (*retain)(Object*);
  void (*fetch_error)(Object**, Object**, Object**);
  void (*restore_error)(Object*, Object*, Object*);
  void (*clear_error)();
  Object* text_type;
  Object* bytes_type;
};
extern PythonApi api;

// False where this process is no CPython of 3.8 or later, or does not export the API.
bool FindPythonApi();

// The UTF-8 of a text object, or the bytes of a bytes object; null (and no error left) for anything
// else. Lives as long as the object.
const char* TextOf(Object* object, ptrdiff_t& length);
// An attribute's text, its end where it is longer than `room`; returns its length.
size_t CopyAttribute(Object* owner, const char* name, char* to, size_t room);
// The code of a frame, the frame that called it: new references, null where there is none.
Object* CodeOf(Object* frame);
Object* CallerOf(Object* frame);

// Small texts.
bool StartsWith(const char* text, const char* prefix);
bool Equal(const char* text, size_t length, const char* other);

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_PYTHON_PYTHON_API_H_
