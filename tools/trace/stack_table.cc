#include "tools/trace/stack_table.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "tools/trace/display_text.h"

namespace safe_trace {
namespace {

constexpr size_t kShortFrames = 4;

std::string ItemAt(const std::vector<std::string>& list, size_t index) {
  return index < list.size() ? Clip(SafeText(list[index]), StackTable::kMaxColumns) : "";
}

template <size_t N>
bool BeginsWithOne(std::string_view text, const std::array<std::string_view, N>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [text](std::string_view beginning) { return text.starts_with(beginning); });
}

std::string_view WithoutOffset(std::string_view text) { return text.substr(0, text.rfind("+0x")); }

// "/lib/libc.so.6+0x1234": "libc.so.6+0x1234".
std::string_view InItsFolder(std::string_view location) {
  return location.substr(location.rfind('/') + 1);
}

bool IsCLibrary(const StackFrame& frame) {
  constexpr std::array<std::string_view, 6> kNames = {
      "libc.so", "libc.musl", "libpthread", "ld-linux", "ld-musl", "libsafe-trace-shim"};
  return BeginsWithOne(InItsFolder(frame.location), kNames);
}

bool IsGoRuntime(std::string_view function) {
  constexpr std::array<std::string_view, 3> kNames = {"runtime.", "internal/runtime/", "syscall."};
  return BeginsWithOne(function, kNames);
}

// By the first element of the package's path. Those of others have a dot there (github.com/...),
// and a program's own is "main"; who gives a module one of these names is seen with --all only.
bool IsGoLibrary(std::string_view function) {
  constexpr std::array<std::string_view, 50> kPackages = {
      "archive",  "bufio",   "bytes",   "cmp",      "compress", "container", "context", "crypto",
      "database", "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",    "fmt",
      "go",       "hash",    "html",    "image",    "index",    "internal",  "io",      "iter",
      "log",      "maps",    "math",    "mime",     "net",      "os",        "path",    "plugin",
      "reflect",  "regexp",  "runtime", "slices",   "sort",     "strconv",   "strings", "structs",
      "sync",     "syscall", "testing", "text",     "time",     "unicode",   "unique",  "unsafe",
      "vendor",   "weak"};
  const std::string_view package = function.substr(0, function.find_first_of("./"));
  return std::find(kPackages.begin(), kPackages.end(), package) != kPackages.end();
}

// What a call of C, C++ or Rust passes on its way into the kernel in a module that has its library
// within. Names that begin with two underscores, or one and a capital, are the implementation's
// (C11, 7.1.3); _Z and _R begin the mangled names of everybody.
bool IsLanguageLibrary(std::string_view function) {
  constexpr std::array<std::string_view, 12> kNames = {
      "std::",   "core::",   "alloc::",   "<std::", "<core::", "<alloc::",
      "_ZN3std", "_ZN4core", "_ZN5alloc", "_ZNSt",  "_ZNKSt",  "_ZSt"};
  if (function == "syscall" || BeginsWithOne(function, kNames)) return true;
  if (function.size() < 2 || function[0] != '_') return false;
  const bool is_capital = function[1] >= 'A' && function[1] <= 'Z';
  return function[1] == '_' || (is_capital && function[1] != 'Z' && function[1] != 'R');
}

// The native frames that are not everybody's.
std::vector<const StackFrame*> TellingFrames(const std::vector<const StackFrame*>& native) {
  std::set<std::string_view> go_modules;
  for (const StackFrame* frame : native) {
    if (IsGoRuntime(frame->function)) go_modules.insert(WithoutOffset(frame->location));
  }
  std::vector<const StackFrame*> telling;
  for (const StackFrame* frame : native) {
    const std::string_view function = WithoutOffset(frame->function);
    const bool is_go = go_modules.contains(WithoutOffset(frame->location));
    if (IsCLibrary(*frame) || (is_go && IsGoLibrary(function))) continue;
    // Anybody may name a function so: only those before the first other one are passed over.
    if (telling.empty() && IsLanguageLibrary(function)) continue;
    telling.push_back(frame);
  }
  return telling;
}

std::string InShort(const StackFrame& frame) {
  if (frame.source != "native") {
    std::string text = frame.function + " " + frame.location;
    if (!frame.package.empty()) text += " (" + frame.package + ")";
    return text;
  }
  return std::string(frame.function.empty() ? InItsFolder(frame.location)
                                            : WithoutOffset(frame.function));
}

std::string Joined(const std::vector<const StackFrame*>& frames) {
  std::string text;
  for (size_t i = 0; i < frames.size() && i < kShortFrames; ++i) {
    text += (text.empty() ? "" : " < ") + InShort(*frames[i]);
  }
  return frames.size() > kShortFrames ? text + " < ..." : text;
}

}  // namespace

void StackTable::Add(const TraceRecord& record) {
  if (record.Text("event.action") != "stack") return;
  const int64_t id = record.Number("safe_trace.stack.id", 0);
  if (stacks_.size() >= kMaxStacks && !stacks_.contains(id)) return;
  const std::vector<std::string>& sources = record.List("safe_trace.stack.source");
  const std::vector<std::string>& locations = record.List("safe_trace.stack.location");
  const std::vector<std::string>& functions = record.List("safe_trace.stack.function");
  const std::vector<std::string>& packages = record.List("safe_trace.stack.package");
  // What a language tells may come in an event of its own, before or after.
  std::vector<StackFrame>& known = stacks_[id];
  std::vector<StackFrame> frames;
  size_t bytes = 0;
  for (size_t i = 0; i < locations.size() && known.size() + i < kMaxFrames; ++i) {
    frames.push_back(
        {ItemAt(sources, i), ItemAt(locations, i), ItemAt(functions, i), ItemAt(packages, i)});
    const StackFrame& frame = frames.back();
    bytes +=
        frame.source.size() + frame.location.size() + frame.function.size() + frame.package.size();
  }
  if (bytes_ + bytes > kMaxBytes) return;
  bytes_ += bytes;
  const bool is_language = !frames.empty() && frames.front().source != "native";
  known.insert(is_language ? known.begin() : known.end(), frames.begin(), frames.end());
}

const std::vector<StackFrame>* StackTable::Find(int64_t id) const {
  const auto found = stacks_.find(id);
  return found == stacks_.end() ? nullptr : &found->second;
}

std::string StackInShort(const std::vector<StackFrame>& frames) {
  std::vector<const StackFrame*> language;
  std::vector<const StackFrame*> native;
  for (const StackFrame& frame : frames) {
    (frame.source == "native" ? native : language).push_back(&frame);
  }
  if (!language.empty()) return Joined(language);
  const std::vector<const StackFrame*> telling = TellingFrames(native);
  return Joined(telling.empty() ? native : telling);
}

}  // namespace safe_trace
