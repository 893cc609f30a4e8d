// One HTTP/1.x request head and what it says about the body. Pure; every byte is hostile.
#ifndef SAFE_TRACE_TRACER_RELAY_HTTP_HEAD_PARSER_H_
#define SAFE_TRACE_TRACER_RELAY_HTTP_HEAD_PARSER_H_

#include <cstdint>
#include <string_view>

#include "tracer/relay/http_request_stream.h"

namespace safe_trace {

struct HttpBodyFraming {
  bool chunked = false;
  uint64_t length = 0;  // octets, where not chunked
};

// Parsers return "" or why not, which lives as long as the program. Their texts end with the empty
// line and hold neither a control character but tab nor a CR or LF that is not part of a line end.
std::string_view ParseHttpHead(std::string_view text, HttpRequestHead& head,
                               HttpBodyFraming& framing);
std::string_view CheckHttpTrailers(std::string_view text);

bool IsHttpTokenCharacter(char c);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_HTTP_HEAD_PARSER_H_
