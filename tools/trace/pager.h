// What is longer than the screen goes through the user's pager.
#ifndef SAFE_TRACE_TOOLS_TRACE_PAGER_H_
#define SAFE_TRACE_TOOLS_TRACE_PAGER_H_

#include <functional>
#include <map>
#include <string>

#include "tools/trace/display_text.h"

namespace safe_trace {

// What a shell is to run: $PAGER, else "less -R" where there is a less. "" for no pager: none is
// there, PAGER is empty or "cat", or the terminal is dumb.
std::string PagerCommand(const std::map<std::string, std::string>& environment);

// Runs `work` in a child, whose standard output (and standard error, where that is a terminal) is a
// pipe, and returns its status. What it writes goes to standard output once it has ended, or, as
// soon as it is more than a screen, to the pager. The child confines itself, which a pager could
// not live with; this process only passes bytes on. A pager that ends early ends the child.
int RunPaged(const std::string& pager, const Terminal& terminal, const std::function<int()>& work);

// Rows that `text` takes on a terminal of so many columns; escape sequences take none.
size_t ScreenRows(std::string_view text, size_t columns);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_PAGER_H_
