// Socket addresses copied out of a tracee: read once, bounded, decoded into what policy decides on
// and encoded anew from that, so that what was decided is what the kernel is given.
#ifndef SAFE_TRACE_TRACER_NETWORK_SOCKET_ADDRESS_H_
#define SAFE_TRACE_TRACER_NETWORK_SOCKET_ADDRESS_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "policy/access_request.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// A sockaddr as it goes through the kernel's interface.
struct RawSocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

struct InetAddress {
  IpAddress ip;            // IPv4-mapped IPv6 is IPv4 here
  uint16_t port = 0;       // host byte order
  bool as_v6 = false;      // written as sockaddr_in6 (IPv4 then in mapped form)
  uint32_t flow_info = 0;  // network byte order, as in sin6_flowinfo; never a flow label
  uint32_t scope_id = 0;
};
struct UnixPathAddress {
  std::string path;  // never empty, no NUL
};
struct UnixAbstractAddress {
  std::string name;  // without the leading NUL; may hold any byte
};
struct UnixUnnamedAddress {};  // only the family: bind chooses a name, connect refuses
struct NetlinkAddress {
  uint32_t port_id = 0;
  uint32_t groups = 0;
};
struct UnspecifiedAddress {};  // AF_UNSPEC: dissolve the association
struct ForeignAddress {
  int family = 0;
};

using SocketAddress =
    std::variant<InetAddress, UnixPathAddress, UnixAbstractAddress, UnixUnnamedAddress,
                 NetlinkAddress, UnspecifiedAddress, ForeignAddress>;

// Copies as the kernel does. Returns 0, EINVAL (length), EFAULT, or ESRCH where the task is gone.
int CopySocketAddress(const TraceeMemory& memory, pid_t tid, uint64_t address, int length,
                      RawSocketAddress& out);
// Returns 0 or EINVAL.
int DecodeSocketAddress(const RawSocketAddress& raw, SocketAddress& out);

// A datagram's destination with family AF_UNSPEC is taken for IPv4 by the kernel's IPv4 UDP
// (net/ipv4/udp.c) although it would undo a connect. Rewrites the family so that it is decided on.
void ReadUnspecifiedAsInet(RawSocketAddress& raw);

RawSocketAddress EncodeInetAddress(const InetAddress& address);
RawSocketAddress EncodeUnixPath(std::string_view path);      // truncated to what fits
RawSocketAddress EncodeUnixAbstract(std::string_view name);  // likewise
RawSocketAddress EncodeNetlink(const NetlinkAddress& address);
RawSocketAddress EncodeFamilyOnly(sa_family_t family, socklen_t length);

// 0.0.0.0 and :: reach this machine: the same as 127.0.0.1 and ::1 for a connect or send.
IpAddress EffectiveDestination(const IpAddress& ip);
bool IsInetFamily(int family);

// The address that a socket of ours or a duplicate is bound to; false where it cannot be told.
bool LocalAddress(int socket, RawSocketAddress& out);
// 0 where the socket is not bound or not an internet socket.
uint16_t LocalPort(int socket);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_SOCKET_ADDRESS_H_
