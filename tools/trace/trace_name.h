// How the files of traces are named.
#ifndef SAFE_TRACE_TOOLS_TRACE_TRACE_NAME_H_
#define SAFE_TRACE_TOOLS_TRACE_TRACE_NAME_H_

#include <string_view>

namespace safe_trace {

// ".jsonl", or ".jsonl.zst" for a compressed one; "" where `name` has neither, or nothing before.
std::string_view TraceSuffix(std::string_view name);

// True where a file of that name would be taken for a trace: `-o NAME.zst` makes compressed ones.
bool LooksLikeTraceName(std::string_view path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_TRACE_NAME_H_
