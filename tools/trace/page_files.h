// The files under tools/trace/page as they were when this was built.
#ifndef SAFE_TRACE_TOOLS_TRACE_PAGE_FILES_H_
#define SAFE_TRACE_TOOLS_TRACE_PAGE_FILES_H_

#include <span>

#include "policy/embedded_data.h"

namespace safe_trace {

// Names are relative to tools/trace/page. Sorted by name.
std::span<const EmbeddedFile> PageFiles();

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_PAGE_FILES_H_
