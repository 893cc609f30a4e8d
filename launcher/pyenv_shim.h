// pyenv's shims are shell scripts that ask pyenv which version to start; here the answer is read
// from the same variables and files without starting anything.
#ifndef SAFE_TRACE_LAUNCHER_PYENV_SHIM_H_
#define SAFE_TRACE_LAUNCHER_PYENV_SHIM_H_

#include <string>
#include <string_view>

#include "policy/host_facts.h"

namespace safe_trace {

// The pyenv root that a shim's text names; "" where the text is not a pyenv shim.
std::string PyenvRootOfShim(std::string_view text);

// The program that the shim `program` would start: of the first selected version that has it
// (PYENV_VERSION, .python-version from the working directory upwards, the root's version file;
// "system" and nothing selected: the rest of PATH). "" where pyenv itself would fail.
std::string ResolvePyenvShim(const HostFacts& facts, const std::string& root,
                             const std::string& program);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PYENV_SHIM_H_
