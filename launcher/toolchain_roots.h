// Hierarchies that hold interpreters, compilers and their libraries.
#ifndef SAFE_TRACE_LAUNCHER_TOOLCHAIN_ROOTS_H_
#define SAFE_TRACE_LAUNCHER_TOOLCHAIN_ROOTS_H_

#include <string>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

// From PATH (X/bin, X/sbin and X/shims stand for X), the roots of pyenv, nvm, rustup and conda, the
// prefix of the command and of the interpreter that runs it, and the user's own site-packages.
// Existing directories, canonical, none beneath another. A home, a directory above one, the working
// directory or a directory above it inside a home, and temporary directories are never a root:
// there only the directory of PATH itself counts. Needs home, homes, environment,
// working_directory, temporary_directories, arguments and command_executable of `facts`.
std::vector<std::string> ToolchainRoots(const HostFacts& facts);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_TOOLCHAIN_ROOTS_H_
