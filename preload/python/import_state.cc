// An import begins and ends in functions of importlib._bootstrap that the interpreter looks up by
// name each time (3.8 to 3.14): functions in C take their place, and so the end is seen too. In
// between "exec" tells whose module runs, "import" which extension is loaded.
#include "preload/python/import_state.h"

#include <stdint.h>

#include "preload/python/context_table.h"
#include "preload/shim_init.h"
#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumPath = 512;  // of what is told apart; a longer one keeps its end

const char* own_code;        // ST_OWN_CODE, null where nothing is guarded
char library[kMaximumPath];  // the interpreter's own modules, with a '/' at its end
uint32_t library_length;     // 0: not yet known
char path_file[200];         // the last path configuration file that was opened
uint32_t path_file_length;

struct ThreadImports {
  uint32_t depth;  // of _find_and_load
  bool importing;  // a package's code
  bool runs_path_file;
  bool read_sourceless;  // the last compiled file that was read has no source beside it
};
__thread ThreadImports thread_imports __attribute__((tls_model("initial-exec")));

enum class Origin { kNone, kInterpreter, kOwn, kPackage, kUnknown };

struct Text {
  const char* data;
  size_t length;
};

bool Begins(const Text& text, const char* prefix, size_t length) {
  if (text.length < length) return false;
  for (size_t i = 0; i < length; ++i) {
    if (text.data[i] != prefix[i]) return false;
  }
  return true;
}

bool Contains(const Text& text, const char* part, size_t length) {
  for (size_t i = 0; i + length <= text.length; ++i) {
    if (Begins({text.data + i, text.length - i}, part, length)) return true;
  }
  return false;
}

template <size_t kSize>
bool Contains(const Text& text, const char (&part)[kSize]) {
  return Contains(text, part, kSize - 1);
}

template <size_t kSize>
bool Ends(const Text& text, const char (&end)[kSize]) {
  return text.length >= kSize - 1 &&
         Begins({text.data + text.length - (kSize - 1), kSize - 1}, end, kSize - 1);
}

// Each directory of ST_OWN_CODE stands for what lies beneath it.
bool IsOwn(const Text& file) {
  for (const char* entry = own_code; *entry != '\0';) {
    size_t length = 0;
    while (entry[length] != '\0' && entry[length] != ':') ++length;
    if (length > 0 && Begins(file, entry, length) && file.length > length &&
        file.data[length] == '/') {
      return true;
    }
    entry += length;
    if (*entry == ':') ++entry;
  }
  return false;
}

Origin OriginOf(const Text& file) {
  if (file.length == 0) return Origin::kUnknown;
  if (file.data[0] == '<') {
    return Begins(file, "<frozen ", 8) ? Origin::kInterpreter : Origin::kNone;
  }
  if (Contains(file, "/site-packages/") || Contains(file, "/dist-packages/")) {
    return Origin::kPackage;
  }
  if (library_length > 0 && Begins(file, library, library_length)) return Origin::kInterpreter;
  // Relative to where the program was started, which is its own.
  if (file.data[0] != '/') return Contains(file, "..") ? Origin::kUnknown : Origin::kOwn;
  return IsOwn(file) ? Origin::kOwn : Origin::kUnknown;
}

void SetImporting(bool importing) {
  if (thread_imports.importing == importing) return;
  thread_imports.importing = importing;
  PublishImporting(importing);
}

// The first module that the interpreter reads from its library.
void LearnLibrary(const Text& file) {
  constexpr char kFirst[] = "encodings/__init__.py";
  if (library_length > 0 || !Ends(file, kFirst)) return;
  const size_t length = file.length - (sizeof(kFirst) - 1);
  if (length == 0 || length > sizeof(library) || file.data[0] != '/') return;
  library_length = static_cast<uint32_t>(CopyEnd(library, sizeof(library), file.data, length));
}

// Whose function runs the code that an "exec" event announces.
struct Runner {
  char file[200];
  size_t file_length;
  char function[48];
  size_t function_length;
};

void ReadRunner(Runner& runner) {
  runner.file_length = runner.function_length = 0;
  Object* frame = api.get_frame();
  Object* code = frame == nullptr ? nullptr : CodeOf(frame);
  if (code == nullptr) return;
  runner.file_length = CopyAttribute(code, "co_filename", runner.file, sizeof(runner.file));
  runner.function_length = CopyAttribute(code, "co_name", runner.function, sizeof(runner.function));
  api.release(code);
}

bool IsImportMachinery(const Runner& runner) {
  const Text file{runner.file, runner.file_length};
  return Begins(file, "<frozen importlib.", 18) || Begins(file, "<frozen zipimport>", 18);
}

bool RunsPathFile(const Runner& runner) {
  const Text file{runner.file, runner.file_length};
  return Equal(runner.function, runner.function_length, "addpackage") &&
         (Equal(runner.file, runner.file_length, "<frozen site>") || Ends(file, "/site.py"));
}

void NoteExec(Object* code) {
  char buffer[kMaximumPath];
  const Text file{buffer, CopyAttribute(code, "co_filename", buffer, sizeof(buffer))};
  LearnLibrary(file);
  if (thread_imports.depth == 0) return;
  const Origin origin = OriginOf(file);
  Runner runner;
  ReadRunner(runner);
  if (RunsPathFile(runner)) {
    thread_imports.runs_path_file = true;
    SetImporting(true);
    return;
  }
  const bool is_module = IsImportMachinery(runner);
  // What a compiled file without a source says of its file is its author's word alone.
  const bool is_doubtful = is_module && thread_imports.read_sourceless;
  if (is_module) thread_imports.read_sourceless = false;
  if (origin == Origin::kPackage || is_doubtful || (is_module && origin == Origin::kUnknown)) {
    SetImporting(true);
  }
}

// Before an extension module's own code runs. `arguments`: name, file, ...
void NoteImport(Object* arguments) {
  if (api.tuple_size(arguments) < 2) return;
  ptrdiff_t length = 0;
  const char* file = TextOf(api.tuple_item(arguments, 1), length);
  if (file == nullptr || length <= 0 || thread_imports.depth == 0) return;
  const Origin origin = OriginOf({file, static_cast<size_t>(length)});
  if (origin == Origin::kPackage || origin == Origin::kUnknown) SetImporting(true);
}

void NoteOpen(Object* path) {
  ptrdiff_t length = 0;
  const char* data = TextOf(path, length);
  if (data == nullptr) return;
  const Text text{data, static_cast<size_t>(length)};
  if (Ends(text, ".pth")) {
    path_file_length =
        static_cast<uint32_t>(CopyEnd(path_file, sizeof(path_file) - 1, text.data, text.length));
    path_file[path_file_length] = '\0';
  } else if (Ends(text, ".pyc") && thread_imports.depth > 0) {
    const Origin origin = OriginOf(text);
    thread_imports.read_sourceless = !Contains(text, "/__pycache__/") &&
                                     (origin == Origin::kPackage || origin == Origin::kUnknown);
  } else if (Ends(text, ".py")) {
    thread_imports.read_sourceless = false;
  }
}

Object* CallInImport(Object* original, Object* arguments, Object* keywords) {
  const ThreadImports before = thread_imports;
  ++thread_imports.depth;
  Object* result = api.call(original, arguments, keywords);
  thread_imports.depth = before.depth;
  thread_imports.runs_path_file = before.runs_path_file;
  SetImporting(before.importing);
  return result;
}

// The second is what loaders run a module's code through, also where a program calls a loader
// itself.
MethodDefinition replaced[] = {
    {"_find_and_load", CallInImport, kMethodTakesKeywords, nullptr},
    {"_call_with_frames_removed", CallInImport, kMethodTakesKeywords, nullptr},
};

void Replace(Object* importlib, MethodDefinition& definition) {
  Object* original = api.get_attribute(importlib, definition.name);
  Object* function =
      original == nullptr ? nullptr : api.new_function(&definition, original, nullptr);
  if (function != nullptr) {
    (void)api.set_attribute(importlib, definition.name, function);
    api.release(function);
  }
  if (original != nullptr) api.release(original);
  api.clear_error();
}

// In each interpreter of the process: its module is another.
void WatchImports() {
  Object* modules = api.modules();
  Object* importlib =
      modules == nullptr ? nullptr : api.dictionary_item(modules, "_frozen_importlib");
  if (importlib == nullptr) return;
  constexpr char kMark[] = "__safe_trace__";
  Object* mark = api.get_attribute(importlib, kMark);
  if (mark != nullptr) {
    api.release(mark);
    return;
  }
  api.clear_error();
  (void)api.set_attribute(importlib, kMark, importlib);
  for (MethodDefinition& definition : replaced) Replace(importlib, definition);
}

}  // namespace

void StartImportState() { own_code = FindInEnvironment(ST_OWN_CODE); }

bool IsImportEvent(const char* event) {
  if (own_code == nullptr) return false;
  return Equal(event, 4, "exec") ? event[4] == '\0'
                                 : StartsWith(event, "import") || StartsWith(event, "open");
}

void NoteImportEvent(const char* event, Object* arguments) {
  if (arguments == nullptr || api.tuple_size(arguments) < 1) return;
  if (event[0] == 'e') {
    NoteExec(api.tuple_item(arguments, 0));
  } else if (event[0] == 'i') {
    WatchImports();
    NoteImport(arguments);
  } else {
    NoteOpen(api.tuple_item(arguments, 0));
  }
}

const char* RunningPathFile() { return thread_imports.runs_path_file ? path_file : ""; }

}  // namespace safe_trace
