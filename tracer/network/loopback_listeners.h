// Tells whether an address belongs to a listener of this run, and enters sockets of the run.
// Loop thread only.
#ifndef SAFE_TRACE_TRACER_NETWORK_LOOPBACK_LISTENERS_H_
#define SAFE_TRACE_TRACER_NETWORK_LOOPBACK_LISTENERS_H_

#include <sys/stat.h>

#include <string_view>

#include "policy/access_request.h"
#include "tracer/network/listener_registry.h"
#include "tracer/network/remote_socket.h"

namespace safe_trace {

// Every socket that takes what is sent there must have been bound by the run; none at all, or a
// table that cannot be read, is a no.
bool IsOwnPort(const ListenerRegistry& registry, bool is_stream, const IpAddress& ip,
               uint16_t port);
// No socket at all takes what is sent to this loopback address: no listener, or for datagrams
// nothing bound. False where the table cannot be read.
bool IsVacantPort(bool is_stream, const IpAddress& ip, uint16_t port);
bool IsOwnSocketFile(const ListenerRegistry& registry, dev_t device, ino_t inode);
bool IsOwnAbstract(const ListenerRegistry& registry, std::string_view name);

// Enters the socket under the address that it is bound to now. Nothing where it is not bound.
void RegisterBoundSocket(ListenerRegistry& registry, const RemoteSocket& socket);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_LOOPBACK_LISTENERS_H_
