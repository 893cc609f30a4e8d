// Where the Python that a command will run lives, read off the files without starting it.
#ifndef SAFE_TRACE_LAUNCHER_PYTHON_LAYOUT_H_
#define SAFE_TRACE_LAUNCHER_PYTHON_LAYOUT_H_

#include <optional>
#include <string>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

struct PythonLayout {
  std::string interpreter;  // as it will be started, symlinks kept: a venv is found beside it
  std::string prefix;       // sys.prefix, canonical
  std::string base_prefix;  // sys.base_prefix, canonical
  // Names below lib: "python3.11"; several only where the files do not tell which one runs.
  std::vector<std::string> libraries;
  bool is_virtual = false;  // prefix belongs to a virtual environment
};

// The command's program as it will be started: found anew in PATH where it is the same file as
// `facts.command_executable` (which is canonical and so has lost a venv's symlink), otherwise that
// file. Absolute.
std::string ProgramAsStarted(const HostFacts& facts);

// The binary that runs `program` in the end: through interpreter lines, `env`, the launchers that
// pip writes for long paths, and pyenv's shims. "" where that cannot be told.
std::string ResolveInterpreter(const HostFacts& facts, const std::string& program);

// Nothing where `interpreter` is not a Python.
std::optional<PythonLayout> LayoutOfInterpreter(const std::string& interpreter);

// Of the Python that runs the command; for pip with --python, of the one it installs for.
std::optional<PythonLayout> LayoutOfCommand(const HostFacts& facts);
std::optional<PythonLayout> LayoutOfPip(const HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PYTHON_LAYOUT_H_
