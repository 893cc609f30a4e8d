// `safe-trace trace verify`.
#ifndef SAFE_TRACE_TOOLS_TRACE_VERIFY_VERB_H_
#define SAFE_TRACE_TOOLS_TRACE_VERIFY_VERB_H_

#include <optional>
#include <ostream>
#include <string>

#include "tracer/events/signing_key.h"

namespace safe_trace {

// Says on one line what became of the trace at `path`. Returns 0 where it is whole, and signed
// where that was asked for or promised; 1 where it is damaged, unfinished or no trace; 2 where it
// could not be read; 3 where the lines are whole, but the signature is missing, another's or false.
int VerifyFile(const std::string& path, const std::optional<VerifyingKey>& key, std::ostream& out,
               std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_VERIFY_VERB_H_
