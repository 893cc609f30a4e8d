// Runs inside somebody else's process: the rules are at the head of shim_init.cc. The interpreter
// calls the hook with its lock held, outside signal handlers, so the interpreter's own functions
// may be called here; they may allocate.
#include "preload/python/audit_hook.h"

#include <dlfcn.h>
#include <stddef.h>

#include "preload/event_channel.h"
#include "preload/python/context_table.h"
#include "preload/shim_init.h"
#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

using Object = void;  // PyObject, never looked into
using HookFunction = int(const char* event, Object* arguments, void* data);

// What of the C API is used; the same since 3.8, but for the two that came with 3.9.
struct Api {
  int (*add_audit_hook)(HookFunction*, void*);
  Object* (*get_frame)();          // borrowed
  Object* (*frame_back)(Object*);  // 3.9; new reference
  Object* (*frame_code)(Object*);  // 3.9; new reference
  int (*frame_line)(Object*);      // 3.9 exports it to all; earlier it is PyCode_Addr2Line's
  Object* (*get_attribute)(Object*, const char*);
  const char* (*utf8)(Object*, ptrdiff_t*);
  Object* (*tuple_item)(Object*, ptrdiff_t);
  ptrdiff_t (*tuple_size)(Object*);
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
Api api;

__thread bool thread_is_walking __attribute__((tls_model("initial-exec")));

template <typename Pointer>
bool Find(Pointer& slot, const char* name) {
  slot = reinterpret_cast<Pointer>(dlsym(RTLD_DEFAULT, name));
  return slot != nullptr;
}

bool FindApi() {
  if (!Find(api.add_audit_hook, "PySys_AddAuditHook")) return false;
  const bool is_newer =
      Find(api.frame_back, "PyFrame_GetBack") && Find(api.frame_code, "PyFrame_GetCode");
  if (!is_newer) api.frame_back = nullptr;
  return Find(api.get_frame, "PyEval_GetFrame") && Find(api.frame_line, "PyFrame_GetLineNumber") &&
         Find(api.get_attribute, "PyObject_GetAttrString") &&
         Find(api.utf8, "PyUnicode_AsUTF8AndSize") && Find(api.tuple_item, "PyTuple_GetItem") &&
         Find(api.tuple_size, "PyTuple_Size") && Find(api.is_instance, "PyObject_IsInstance") &&
         Find(api.bytes_data, "PyBytes_AsString") && Find(api.bytes_size, "PyBytes_Size") &&
         Find(api.release, "Py_DecRef") && Find(api.retain, "Py_IncRef") &&
         Find(api.fetch_error, "PyErr_Fetch") && Find(api.restore_error, "PyErr_Restore") &&
         Find(api.clear_error, "PyErr_Clear") && Find(api.text_type, "PyUnicode_Type") &&
         Find(api.bytes_type, "PyBytes_Type");
}

bool StartsWith(const char* text, const char* prefix) {
  for (; *prefix != '\0'; ++text, ++prefix) {
    if (*text != *prefix) return false;
  }
  return true;
}

bool Equal(const char* text, size_t length, const char* other) {
  for (size_t i = 0; i < length; ++i, ++other) {
    if (text[i] != *other || *other == '\0') return false;
  }
  return *other == '\0';
}

// Events before which nothing that the supervisor sees happens are passed over.
bool IsWanted(const char* event) {
  switch (event[0]) {
    case 'o':
      return StartsWith(event, "open") || StartsWith(event, "os.");
    case 's':
      return StartsWith(event, "socket.") || StartsWith(event, "subprocess.") ||
             StartsWith(event, "shutil.") || StartsWith(event, "sqlite3.connect");
    case 'c':
      return StartsWith(event, "ctypes.") || StartsWith(event, "cpython.run_");
    case 'i':
      return event[1] == 'm' && StartsWith(event, "import");
    case 'p':
      return StartsWith(event, "pty.spawn");
    default:
      return false;
  }
}

// The UTF-8 of a text object; null (and no error left) for anything else.
const char* Text(Object* object, ptrdiff_t& length) {
  if (object == nullptr) return nullptr;
  if (api.is_instance(object, api.text_type) == 1) {
    const char* text = api.utf8(object, &length);
    if (text == nullptr) api.clear_error();
    return text;
  }
  if (api.is_instance(object, api.bytes_type) == 1) {
    length = api.bytes_size(object);
    return api.bytes_data(object);
  }
  return nullptr;
}

size_t CopyAttribute(Object* owner, const char* name, char* to, size_t room) {
  Object* value = api.get_attribute(owner, name);
  if (value == nullptr) {
    api.clear_error();
    return 0;
  }
  ptrdiff_t length = 0;
  const char* text = Text(value, length);
  const size_t copied = text == nullptr ? 0 : CopyEnd(to, room, text, static_cast<size_t>(length));
  api.release(value);
  return copied;
}

Object* Back(Object* frame) {
  if (api.frame_back != nullptr) return api.frame_back(frame);
  Object* back = api.get_attribute(frame, "f_back");
  if (back == nullptr) api.clear_error();
  return back;
}

Object* Code(Object* frame) {
  if (api.frame_back != nullptr) return api.frame_code(frame);
  Object* code = api.get_attribute(frame, "f_code");
  if (code == nullptr) api.clear_error();
  return code;
}

bool IsImportMachinery(const st_context_frame& frame) {
  constexpr char kBootstrap[] = "<frozen importlib._bootstrap>";
  return Equal(frame.file, frame.file_length, kBootstrap);
}

// False where the frame says nothing (None ends the chain before 3.9).
bool WriteFrame(Object* frame, st_context_frame& to) {
  Object* code = Code(frame);
  if (code == nullptr) return false;
  to.file_length =
      static_cast<uint16_t>(CopyAttribute(code, "co_filename", to.file, sizeof(to.file)));
  to.function_length =
      static_cast<uint16_t>(CopyAttribute(code, "co_name", to.function, sizeof(to.function)));
  to.line = static_cast<uint32_t>(api.frame_line(frame));
  api.release(code);
  return true;
}

void WriteFrames(st_context& context) {
  // How far outside the frames that are kept an import is looked for.
  constexpr unsigned kMaximumDepth = 256;
  Object* frame = api.get_frame();
  if (frame == nullptr) return;
  api.retain(frame);
  st_context_frame further;
  for (unsigned depth = 0; frame != nullptr && depth < kMaximumDepth; ++depth) {
    const bool fits = context.frame_count < ST_CONTEXT_FRAMES;
    st_context_frame& to = fits ? context.frames[context.frame_count] : further;
    if (!WriteFrame(frame, to)) break;
    if (fits) {
      ++context.frame_count;
    } else {
      context.flags |= ST_CONTEXT_CUT;
    }
    if (IsImportMachinery(to)) context.flags |= ST_CONTEXT_IMPORTING;
    Object* back = Back(frame);
    api.release(frame);
    frame = back;
  }
  if (frame != nullptr) api.release(frame);
}

void WriteContext(const char* event, Object* arguments, st_context& context) {
  size_t length = 0;
  while (length < sizeof(context.event) - 1 && event[length] != '\0') ++length;
  CopyEnd(context.event, length, event, length);
  context.event[length] = '\0';
  if (arguments != nullptr && api.tuple_size(arguments) > 0) {
    ptrdiff_t text_length = 0;
    const char* text = Text(api.tuple_item(arguments, 0), text_length);
    if (text != nullptr) {
      context.argument_length = static_cast<uint32_t>(CopyEnd(
          context.argument, sizeof(context.argument), text, static_cast<size_t>(text_length)));
    }
  }
  WriteFrames(context);
}

// Always 0: anything else would stop the program's call.
int OnAuditEvent(const char* event, Object* arguments, void*) {
  // Reading a frame's attributes is an event of its own.
  if (!IsWanted(event) || thread_is_walking) return 0;
  thread_is_walking = true;
  st_context* context = BeginContext();
  if (context != nullptr) {
    Object* error[3] = {nullptr, nullptr, nullptr};
    api.fetch_error(&error[0], &error[1], &error[2]);
    WriteContext(event, arguments, *context);
    api.clear_error();
    api.restore_error(error[0], error[1], error[2]);
    EndContext(context);
  }
  thread_is_walking = false;
  return 0;
}

}  // namespace

void InstallPythonHook() {
  const char* wanted = FindInEnvironment(ST_WANT_PYTHON_FRAMES);
  if (wanted == nullptr || wanted[0] != '1') return;
  {
    const ReentryGuard guard;
    if (!guard.entered() || !FindApi()) return;
  }
  if (OpenContextTable()) (void)api.add_audit_hook(OnAuditEvent, nullptr);
}

}  // namespace safe_trace
