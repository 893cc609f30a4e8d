// Proxies as all package managers are told of them.
#ifndef SAFE_TRACE_LAUNCHER_PROXY_VARIABLES_H_
#define SAFE_TRACE_LAUNCHER_PROXY_VARIABLES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

// Name and value of HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, in lower case too, that are not empty.
std::vector<std::pair<std::string, std::string>> ProxyVariables(const HostFacts& facts);

// "proxy.example:3128" is "http://proxy.example:3128"; what has a scheme stays, without blanks.
std::string ProxyUrl(std::string_view value);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PROXY_VARIABLES_H_
