// Host names, host patterns and addresses that are never reached. Pure.
#ifndef SAFE_TRACE_POLICY_NETWORK_PATTERN_H_
#define SAFE_TRACE_POLICY_NETWORK_PATTERN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/access_request.h"
#include "policy/host_facts.h"

namespace safe_trace {

// HOST[:PORT]: a name, "*.example.com", IPv4, IPv6 (in brackets where a port follows). Lower-cased,
// without a trailing dot. InvalidArgument names `origin` and says what is accepted.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text, std::string_view origin);

// Exact, whole labels, without regard to case or a trailing dot; "*.example.com" matches one or
// more labels before "example.com" and not "example.com" itself.
bool HostMatches(std::string_view pattern, std::string_view name);

// True where a pattern's port lets `port` through; 0 is any.
inline bool PortMatches(uint16_t pattern, uint16_t port) { return pattern == 0 || pattern == port; }

// Instance metadata and its relatives, as plain addresses or carried inside IPv6 (mapped, NAT64,
// 6to4): all link-local, and the vendors' own.
bool IsMetadataAddress(const IpAddress& address);
// "metadata.google.internal" and its kin. `name` lower case without a trailing dot.
bool IsMetadataName(std::string_view name);

// Without regard to the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
bool EndsWithIgnoringCase(std::string_view text, std::string_view suffix);

// Lower case, without a trailing dot or surrounding brackets.
std::string CanonicalHost(std::string_view host);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_NETWORK_PATTERN_H_
