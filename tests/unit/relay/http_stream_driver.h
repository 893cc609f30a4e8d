// Drives an HttpRequestStream over a whole text, in pieces as a socket would give them.
#ifndef SAFE_TRACE_TESTS_UNIT_NETWORK_HTTP_STREAM_DRIVER_H_
#define SAFE_TRACE_TESTS_UNIT_NETWORK_HTTP_STREAM_DRIVER_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/relay/http_request_stream.h"

namespace safe_trace {

struct FollowedRequests {
  std::vector<HttpRequestHead> heads;
  std::vector<std::string> bodies;  // as on the wire, one per head
  std::string rest;                 // what was neither
  std::string why;                  // "" where nothing was invalid
};

inline FollowedRequests Follow(std::string_view text, size_t piece = SIZE_MAX) {
  using Kind = HttpRequestStream::Step::Kind;
  FollowedRequests followed;
  HttpRequestStream stream;
  while (true) {
    const size_t there = std::min(piece, text.size());
    followed.rest += text.substr(0, there);
    text.remove_prefix(there);
    HttpRequestStream::Step step;
    do {
      step = stream.Next(
          {reinterpret_cast<const uint8_t*>(followed.rest.data()), followed.rest.size()});
      if (step.kind == Kind::kHead) {
        followed.heads.push_back(step.head);
        followed.bodies.emplace_back();
        stream.Accept();
      } else if (step.kind == Kind::kBody) {
        followed.bodies.back() += followed.rest.substr(0, step.bytes);
      }
      followed.rest.erase(0, step.bytes);
      const bool tunnel = step.kind == Kind::kHead && step.head.method == "CONNECT";
      if (tunnel && followed.rest.empty() && text.empty()) return followed;
    } while (step.kind == Kind::kHead || step.kind == Kind::kBody);
    followed.why = step.why;
    if (step.kind == Kind::kInvalid || text.empty()) return followed;
  }
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_NETWORK_HTTP_STREAM_DRIVER_H_
