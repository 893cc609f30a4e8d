// The host and port that a URL leads to.
#ifndef SAFE_TRACE_LAUNCHER_URL_HOST_H_
#define SAFE_TRACE_LAUNCHER_URL_HOST_H_

#include <optional>
#include <string_view>

#include "policy/host_facts.h"

namespace safe_trace {

// Of "https://user:password@Host:8443/path", "git+ssh://git@host/x", "http://[::1]:8080/". User
// information is dropped; the host is lower case without brackets and closing dot; a missing port
// is the scheme's. Nothing for file:, for schemes that are not known and name no port, and for what
// is no host (a '*' would be a pattern in the policy, a blank or control character a trick).
std::optional<HostPort> HostOfUrl(std::string_view url, std::string_view origin);

// The first URL inside a requirement: "name[extra] @ https://host/x.whl ; marker", "-e" values. ""
// where there is none.
std::string_view UrlInRequirement(std::string_view requirement);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_URL_HOST_H_
