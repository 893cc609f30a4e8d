#include "preload/python/python_api.h"

#include <dlfcn.h>

#include "preload/python/context_table.h"

namespace safe_trace {

PythonApi api;

namespace {

template <typename Pointer>
bool Find(Pointer& slot, const char* name) {
  slot = reinterpret_cast<Pointer>(dlsym(RTLD_DEFAULT, name));
  return slot != nullptr;
}

}  // namespace

bool FindPythonApi() {
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
         Find(api.bytes_type, "PyBytes_Type") &&
         Find(api.set_attribute, "PyObject_SetAttrString") &&
         Find(api.dictionary_item, "PyDict_GetItemString") &&
         Find(api.modules, "PyImport_GetModuleDict") && Find(api.call, "PyObject_Call") &&
         Find(api.new_function, "PyCFunction_NewEx");
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

const char* TextOf(Object* object, ptrdiff_t& length) {
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
  const char* text = TextOf(value, length);
  const size_t copied = text == nullptr ? 0 : CopyEnd(to, room, text, static_cast<size_t>(length));
  api.release(value);
  return copied;
}

Object* CallerOf(Object* frame) {
  if (api.frame_back != nullptr) return api.frame_back(frame);
  Object* back = api.get_attribute(frame, "f_back");
  if (back == nullptr) api.clear_error();
  return back;
}

Object* CodeOf(Object* frame) {
  if (api.frame_back != nullptr) return api.frame_code(frame);
  Object* code = api.get_attribute(frame, "f_code");
  if (code == nullptr) api.clear_error();
  return code;
}

}  // namespace safe_trace
