// Runs inside somebody else's process: the rules are at the head of shim_init.cc. The interpreter
// calls the hook with its lock held, outside signal handlers, so the interpreter's own functions
// may be called here; they may allocate.
#include "preload/python/audit_hook.h"

#include <stddef.h>

#include "preload/event_channel.h"
#include "preload/python/context_table.h"
#include "preload/python/import_state.h"
#include "preload/python/python_api.h"
#include "preload/shim_init.h"
#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

__thread bool thread_is_walking __attribute__((tls_model("initial-exec")));

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
    case 'p':
      return StartsWith(event, "pty.spawn");
    default:
      return false;
  }
}

// False where the frame says nothing (None ends the chain before 3.9).
bool WriteFrame(Object* frame, st_context_frame& to) {
  Object* code = CodeOf(frame);
  if (code == nullptr) return false;
  to.file_length =
      static_cast<uint16_t>(CopyAttribute(code, "co_filename", to.file, sizeof(to.file)));
  to.function_length =
      static_cast<uint16_t>(CopyAttribute(code, "co_name", to.function, sizeof(to.function)));
  to.line = static_cast<uint32_t>(api.frame_line(frame));
  api.release(code);
  return true;
}

// The import machinery reads thousands of files; what it reads says enough.
bool IsReadByImport(const st_context_frame& innermost) {
  return Equal(innermost.file, innermost.file_length, "<frozen importlib._bootstrap_external>");
}

// A line of a path configuration file is run as text without a name.
void NamePathFile(st_context_frame& frame) {
  const char* name = RunningPathFile();
  if (name[0] == '\0' || !Equal(frame.file, frame.file_length, "<string>")) return;
  size_t length = 0;
  while (name[length] != '\0') ++length;
  frame.file_length = static_cast<uint16_t>(CopyEnd(frame.file, sizeof(frame.file), name, length));
}

void WriteFrames(st_context& context) {
  Object* frame = api.get_frame();
  if (frame == nullptr) return;
  api.retain(frame);
  while (frame != nullptr) {
    if (context.frame_count == ST_CONTEXT_FRAMES) {
      context.flags |= ST_CONTEXT_CUT;
      break;
    }
    st_context_frame& to = context.frames[context.frame_count];
    if (!WriteFrame(frame, to)) break;
    NamePathFile(to);
    if (++context.frame_count == 1 && IsReadByImport(context.frames[0])) break;
    Object* back = CallerOf(frame);
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
    const char* text = TextOf(api.tuple_item(arguments, 0), text_length);
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
  if (thread_is_walking) return 0;
  const bool is_wanted = IsWanted(event);
  const bool is_of_import = IsImportEvent(event);
  if (!is_wanted && !is_of_import) return 0;
  thread_is_walking = true;
  Object* error[3] = {nullptr, nullptr, nullptr};
  api.fetch_error(&error[0], &error[1], &error[2]);
  if (is_of_import) NoteImportEvent(event, arguments);
  st_context* context = is_wanted ? BeginContext() : nullptr;
  if (context != nullptr) {
    WriteContext(event, arguments, *context);
    EndContext(context);
  }
  api.clear_error();
  api.restore_error(error[0], error[1], error[2]);
  thread_is_walking = false;
  return 0;
}

}  // namespace

void InstallPythonHook() {
  const char* wanted = FindInEnvironment(ST_WANT_PYTHON_FRAMES);
  if (wanted == nullptr || wanted[0] != '1') return;
  {
    const ReentryGuard guard;
    if (!guard.entered() || !FindPythonApi()) return;
  }
  if (!OpenContextTable()) return;
  StartImportState();
  (void)api.add_audit_hook(OnAuditEvent, nullptr);
}

}  // namespace safe_trace
