#include "launcher/python_layout.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/host_paths.h"
#include "launcher/path_search.h"
#include "launcher/pip_command_line.h"
#include "launcher/pyenv_shim.h"

namespace safe_trace {
namespace {

constexpr size_t kHeadBytes = 4096;
constexpr size_t kVenvFileBytes = 16384;
constexpr int kMostHops = 8;  // the kernel itself stops interpreter chains at 5
constexpr size_t kMostLibraries = 8;
constexpr size_t kMostEntries = 4096;

bool IsPythonName(absl::string_view name) {
  return absl::StartsWith(name, "python") || absl::StartsWith(name, "pypy");
}

// What `#!/usr/bin/env ARGS` starts: options and assignments passed over, looked up in PATH.
std::string ProgramOfEnv(const HostFacts& facts, absl::string_view arguments) {
  for (absl::string_view word :
       absl::StrSplit(arguments, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
    if (absl::StartsWith(word, "-") || absl::StrContains(word, "=")) continue;
    absl::StatusOr<std::string> found = FindProgram(std::string(word), facts.Variable("PATH"));
    return found.ok() ? AbsolutePath(facts.working_directory, *found) : std::string();
  }
  return "";
}

// pip and distlib write, where the interpreter's path is too long or holds a blank for a `#!` line:
//   #!/bin/sh
//   '''exec' "/the path/python" "$0" "$@"
std::string ProgramOfLongLauncher(absl::string_view text) {
  constexpr absl::string_view kMark = "'''exec' ";
  size_t at = text.find(kMark);
  if (at == absl::string_view::npos) return "";
  text.remove_prefix(at + kMark.size());
  if (absl::ConsumePrefix(&text, "\"")) return std::string(text.substr(0, text.find('"')));
  return std::string(text.substr(0, text.find_first_of(" \n")));
}

// The next program of the chain; "" at its end or where it cannot be told.
std::string NextProgram(const HostFacts& facts, const std::string& program,
                        const std::string& head) {
  absl::string_view line = absl::string_view(head).substr(2);
  line = absl::StripAsciiWhitespace(line.substr(0, line.find('\n')));
  size_t blank = line.find_first_of(" \t");
  std::string interpreter(line.substr(0, blank));
  if (std::string root = PyenvRootOfShim(head); !root.empty()) {
    return ResolvePyenvShim(facts, root, BaseNameOf(program));
  }
  std::string name = BaseNameOf(interpreter);
  if (name == "env") {
    return blank == absl::string_view::npos ? "" : ProgramOfEnv(facts, line.substr(blank));
  }
  if (name == "sh") {
    if (std::string launched = ProgramOfLongLauncher(head); !launched.empty()) return launched;
  }
  return interpreter.empty() ? "" : AbsolutePath(facts.working_directory, interpreter);
}

// The value of `key` in a pyvenv.cfg.
std::string VenvValue(const std::string& text, absl::string_view key) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    size_t equals = line.find('=');
    if (equals == absl::string_view::npos) continue;
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(line.substr(0, equals)), key)) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(equals + 1)));
  }
  return "";
}

// "python3.11" of "python3.11", "pypy3.10" of "pypy3.10"; "" where the name has no minor version.
std::string LibraryOfName(const std::string& name) {
  if (!IsPythonName(name)) return "";
  size_t at = name.find_first_of("0123456789");
  if (at == std::string::npos) return "";
  size_t end = name.find_first_not_of("0123456789.", at);
  std::string library = name.substr(0, end);
  return absl::StrContains(library, ".") && library.back() != '.' ? library : std::string();
}

std::vector<std::string> LibrariesBelow(const std::string& prefix) {
  std::vector<std::string> libraries;
  const std::string lib = prefix + "/lib";
  for (const std::string& name : ListDirectory(lib, kMostEntries)) {
    if (libraries.size() == kMostLibraries) break;
    if (LibraryOfName(name) == name && IsDirectory(absl::StrCat(lib, "/", name))) {
      libraries.push_back(name);
    }
  }
  return libraries;
}

void FindLibraries(const std::string& binary, PythonLayout& layout) {
  std::string library = LibraryOfName(BaseNameOf(binary));
  if (!library.empty()) {
    layout.libraries = {library};
    return;
  }
  layout.libraries = LibrariesBelow(layout.prefix);
  if (layout.libraries.empty()) layout.libraries = LibrariesBelow(layout.base_prefix);
}

// Python looks for pyvenv.cfg beside its executable, then one directory up.
bool FindVirtualEnvironment(const std::string& interpreter, PythonLayout& layout) {
  std::string beside = ParentOf(interpreter);
  for (const std::string& directory : {beside, ParentOf(beside)}) {
    absl::StatusOr<std::string> text = ReadSmallFile(directory + "/pyvenv.cfg", kVenvFileBytes);
    if (!text.ok()) continue;
    std::string home = VenvValue(*text, "home");
    if (home.empty() || home.front() != '/') continue;
    layout.prefix = CanonicalPath(directory);
    layout.base_prefix = ParentOf(CanonicalPath(home));
    layout.is_virtual = true;
    return true;
  }
  return false;
}

// What pip's --python names: an environment's directory or an interpreter.
std::string InterpreterOfOption(const HostFacts& facts, const std::string& value) {
  std::string path = AbsolutePath(facts.working_directory, value);
  if (IsDirectory(path)) path += "/bin/python";
  return IsProgram(path) ? path : std::string();
}

}  // namespace

std::string ProgramAsStarted(const HostFacts& facts) {
  if (!facts.arguments.empty()) {
    absl::StatusOr<std::string> found = FindProgram(facts.arguments[0], facts.Variable("PATH"));
    if (found.ok()) {
      std::string started = AbsolutePath(facts.working_directory, *found);
      if (facts.command_executable.empty() || CanonicalPath(started) == facts.command_executable) {
        return started;
      }
    }
  }
  return facts.command_executable;
}

std::string ResolveInterpreter(const HostFacts& facts, const std::string& program) {
  std::string at = program;
  for (int hop = 0; hop < kMostHops && !at.empty(); ++hop) {
    std::string head = ReadFileHead(at, kHeadBytes);
    if (!absl::StartsWith(head, "#!")) return head.empty() && !IsProgram(at) ? "" : at;
    at = NextProgram(facts, at, head);
  }
  return "";
}

std::optional<PythonLayout> LayoutOfInterpreter(const std::string& interpreter) {
  std::string binary = CanonicalPath(interpreter);
  if (!IsPythonName(BaseNameOf(interpreter)) && !IsPythonName(BaseNameOf(binary))) {
    return std::nullopt;
  }
  PythonLayout layout;
  layout.interpreter = interpreter;
  if (!FindVirtualEnvironment(interpreter, layout)) {
    layout.prefix = layout.base_prefix = ParentOf(ParentOf(binary));
  }
  FindLibraries(binary, layout);
  return layout;
}

std::optional<PythonLayout> LayoutOfCommand(const HostFacts& facts) {
  std::string interpreter = ResolveInterpreter(facts, ProgramAsStarted(facts));
  return interpreter.empty() ? std::nullopt : LayoutOfInterpreter(interpreter);
}

std::optional<PythonLayout> LayoutOfPip(const HostFacts& facts) {
  std::string chosen = ParsePipCommandLine(facts.arguments).python;
  if (chosen.empty()) chosen = facts.Variable("PIP_PYTHON");
  if (chosen.empty()) return LayoutOfCommand(facts);
  std::string interpreter = InterpreterOfOption(facts, chosen);
  return interpreter.empty() ? std::nullopt : LayoutOfInterpreter(interpreter);
}

}  // namespace safe_trace
