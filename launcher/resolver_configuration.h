// The machine's own name resolution, for the DNS broker.
#ifndef SAFE_TRACE_LAUNCHER_RESOLVER_CONFIGURATION_H_
#define SAFE_TRACE_LAUNCHER_RESOLVER_CONFIGURATION_H_

#include <string>
#include <utility>
#include <vector>

#include "policy/access_request.h"
#include "policy/host_facts.h"

namespace safe_trace {

// Addresses on the "nameserver" lines of a resolv.conf, at most 3 as glibc's; 127.0.0.1 where there
// is none, as resolv.conf(5) says.
std::vector<std::string> NameServers(const std::string& file);

// The domains that the C library appends to a name: the last "search" or "domain" line.
std::vector<std::string> SearchDomains(const std::string& file);

// Names that a hosts file gives a loopback address; "localhost" even where it does not.
std::vector<std::pair<std::string, IpAddress>> LoopbackNames(const std::string& file);

// What a machine of that name is called, besides what its hosts file says: the name, and its first
// part.
std::vector<std::string> OwnNames(const std::string& host_name);

// Lines of a hosts file whose name is one of `wanted`: glibc answers these without asking DNS.
std::vector<std::pair<std::string, IpAddress>> StaticNames(const std::string& file,
                                                           const std::vector<HostPort>& wanted);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RESOLVER_CONFIGURATION_H_
