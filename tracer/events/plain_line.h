// The common form of a trace's line, read without a JSON parser.
#ifndef SAFE_TRACE_TRACER_EVENTS_PLAIN_LINE_H_
#define SAFE_TRACE_TRACER_EVENTS_PLAIN_LINE_H_

#include <string_view>

#include "tracer/events/trace_record.h"

namespace safe_trace {

// True and `record` filled where `line` is one flat object without white space between its parts,
// of printable ASCII, without escapes, of texts, whole numbers, booleans and lists of texts. False,
// with `record` unspecified, where it is anything else: then it may be JSON all the same, which the
// caller's parser tells. What is accepted, that parser reads as the same record.
bool ParsePlainLine(std::string_view line, TraceRecord& record);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_PLAIN_LINE_H_
