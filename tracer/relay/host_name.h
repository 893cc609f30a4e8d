// Host names as TLS and HTTP clients write them, in one form that names can be compared in. Pure;
// every byte is hostile.
#ifndef SAFE_TRACE_TRACER_RELAY_HOST_NAME_H_
#define SAFE_TRACE_TRACER_RELAY_HOST_NAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace safe_trace {

// Lower case, no trailing dot; nothing where `text` is not a host name. An address is none, neither
// is what some resolvers take for an address ("127.1", "0x7f000001").
std::optional<std::string> CanonicalHostName(std::string_view text);

struct HostAndPort {
  std::string host;   // canonical: a host name or an address, IPv6 without brackets
  uint16_t port = 0;  // 0 where none is written
};
// "HOST" or "HOST:PORT", IPv6 in brackets, the port decimal from 1 to 65535 without leading zeros.
std::optional<HostAndPort> ParseHostAndPort(std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_HOST_NAME_H_
