// The hosts in one value of a package manager's configuration.
#ifndef SAFE_TRACE_LAUNCHER_REGISTRY_VALUES_H_
#define SAFE_TRACE_LAUNCHER_REGISTRY_VALUES_H_

#include <string>
#include <string_view>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

// `form` as in RegistrySource. "url": of each word (separated by blanks, commas or '|') the URL in
// it: http, https or ssh, also behind "sparse+", "git+", "registry+" or "name=". "proxy": a URL
// whose scheme may lack; "null", "false" and the like are none. "host": such words, and bare names
// up to a '+', '/' or '|'; not "off" and "direct". Each host carries `origin`.
std::vector<HostPort> HostsInValue(std::string_view value, std::string_view form,
                                   std::string_view origin);

// `text` (a key, a path) for an origin or a notice: no user name or password of a URL in it, fit
// for a terminal, at most 80 columns.
std::string ShownName(std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_REGISTRY_VALUES_H_
