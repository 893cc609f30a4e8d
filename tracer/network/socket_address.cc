#include "tracer/network/socket_address.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace safe_trace {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
// The kernel takes a sockaddr_in6 without its scope (SIN6_LEN_RFC2133).
constexpr socklen_t kShortestInet6 = 24;
// The traffic class. A flow label is not passed on: the socket's owner can give it a routing header
// (IPV6_FLOWLABEL_MGR), and the packets would then go where that says.
constexpr uint32_t kTrafficClass = 0x0ff00000;
constexpr socklen_t kUnixHeader = offsetof(sockaddr_un, sun_path);

InetAddress DecodeInet4(const RawSocketAddress& raw) {
  sockaddr_in in{};
  memcpy(&in, &raw.storage, sizeof(in));
  InetAddress address;
  memcpy(address.ip.bytes.data(), &in.sin_addr, sizeof(in.sin_addr));
  address.port = ntohs(in.sin_port);
  return address;
}

InetAddress DecodeInet6(const RawSocketAddress& raw) {
  sockaddr_in6 in{};
  memcpy(&in, &raw.storage, std::min<size_t>(sizeof(in), raw.length));
  InetAddress address;
  address.as_v6 = true;
  address.port = ntohs(in.sin6_port);
  address.flow_info = in.sin6_flowinfo & htonl(kTrafficClass);
  address.scope_id = in.sin6_scope_id;
  const uint8_t* bytes = in.sin6_addr.s6_addr;
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes)) {
    std::copy_n(bytes + kMappedPrefix.size(), 4, address.ip.bytes.begin());
  } else {
    address.ip.is_v6 = true;
    std::copy_n(bytes, 16, address.ip.bytes.begin());
  }
  return address;
}

int DecodeUnix(const RawSocketAddress& raw, SocketAddress& out) {
  if (raw.length > sizeof(sockaddr_un) || raw.length < kUnixHeader) return EINVAL;
  if (raw.length == kUnixHeader) {
    out = UnixUnnamedAddress{};
    return 0;
  }
  sockaddr_un address{};
  memcpy(&address, &raw.storage, raw.length);
  size_t size = raw.length - kUnixHeader;
  if (address.sun_path[0] == '\0') {
    out = UnixAbstractAddress{std::string(address.sun_path + 1, size - 1)};
  } else {
    out = UnixPathAddress{std::string(address.sun_path, strnlen(address.sun_path, size))};
  }
  return 0;
}

}  // namespace

int CopySocketAddress(const TraceeMemory& memory, pid_t tid, uint64_t address, int length,
                      RawSocketAddress& out) {
  out = RawSocketAddress{};
  if (length < 0 || static_cast<size_t>(length) > sizeof(out.storage)) return EINVAL;
  if (length == 0) return 0;
  absl::Status status = memory.Read(tid, address, &out.storage, static_cast<size_t>(length));
  if (absl::IsNotFound(status)) return ESRCH;
  if (!status.ok()) return EFAULT;
  out.length = static_cast<socklen_t>(length);
  return 0;
}

int DecodeSocketAddress(const RawSocketAddress& raw, SocketAddress& out) {
  if (raw.length < sizeof(sa_family_t)) return EINVAL;
  switch (raw.storage.ss_family) {
    case AF_INET:
      if (raw.length < sizeof(sockaddr_in)) return EINVAL;
      out = DecodeInet4(raw);
      return 0;
    case AF_INET6:
      if (raw.length < kShortestInet6) return EINVAL;
      out = DecodeInet6(raw);
      return 0;
    case AF_UNIX:
      return DecodeUnix(raw, out);
    case AF_NETLINK: {
      sockaddr_nl netlink{};
      if (raw.length < sizeof(netlink)) return EINVAL;
      memcpy(&netlink, &raw.storage, sizeof(netlink));
      out = NetlinkAddress{netlink.nl_pid, netlink.nl_groups};
      return 0;
    }
    case AF_UNSPEC:
      out = UnspecifiedAddress{};
      return 0;
    default:
      out = ForeignAddress{raw.storage.ss_family};
      return 0;
  }
}

void ReadUnspecifiedAsInet(RawSocketAddress& raw) {
  if (raw.length >= sizeof(sockaddr_in) && raw.storage.ss_family == AF_UNSPEC) {
    raw.storage.ss_family = AF_INET;
  }
}

RawSocketAddress EncodeInetAddress(const InetAddress& address) {
  RawSocketAddress raw;
  if (!address.as_v6 && !address.ip.is_v6) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    memcpy(&in.sin_addr, address.ip.bytes.data(), sizeof(in.sin_addr));
    memcpy(&raw.storage, &in, sizeof(in));
    raw.length = sizeof(in);
    return raw;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(address.port);
  in.sin6_flowinfo = address.flow_info;
  in.sin6_scope_id = address.scope_id;
  if (address.ip.is_v6) {
    memcpy(&in.sin6_addr, address.ip.bytes.data(), sizeof(in.sin6_addr));
  } else {
    memcpy(in.sin6_addr.s6_addr, kMappedPrefix.data(), kMappedPrefix.size());
    memcpy(in.sin6_addr.s6_addr + kMappedPrefix.size(), address.ip.bytes.data(), 4);
  }
  memcpy(&raw.storage, &in, sizeof(in));
  raw.length = sizeof(in);
  return raw;
}

RawSocketAddress EncodeUnixPath(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t size = std::min(path.size(), sizeof(address.sun_path));
  memcpy(address.sun_path, path.data(), size);
  RawSocketAddress raw;
  memcpy(&raw.storage, &address, sizeof(address));
  raw.length = static_cast<socklen_t>(
      std::min<size_t>(kUnixHeader + size + 1, sizeof(address)));  // with NUL where it fits
  return raw;
}

RawSocketAddress EncodeUnixAbstract(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t size = std::min(name.size(), sizeof(address.sun_path) - 1);
  memcpy(address.sun_path + 1, name.data(), size);
  RawSocketAddress raw;
  memcpy(&raw.storage, &address, sizeof(address));
  raw.length = static_cast<socklen_t>(kUnixHeader + 1 + size);
  return raw;
}

RawSocketAddress EncodeNetlink(const NetlinkAddress& address) {
  sockaddr_nl netlink{};
  netlink.nl_family = AF_NETLINK;
  netlink.nl_pid = address.port_id;
  netlink.nl_groups = address.groups;
  RawSocketAddress raw;
  memcpy(&raw.storage, &netlink, sizeof(netlink));
  raw.length = sizeof(netlink);
  return raw;
}

RawSocketAddress EncodeFamilyOnly(sa_family_t family, socklen_t length) {
  RawSocketAddress raw;
  raw.storage.ss_family = family;
  raw.length = length;
  return raw;
}

IpAddress EffectiveDestination(const IpAddress& ip) {
  if (!ip.IsUnspecified()) return ip;
  IpAddress loopback;
  loopback.is_v6 = ip.is_v6;
  if (ip.is_v6) {
    loopback.bytes[15] = 1;
  } else {
    loopback.bytes[0] = 127;
    loopback.bytes[3] = 1;
  }
  return loopback;
}

bool IsInetFamily(int family) { return family == AF_INET || family == AF_INET6; }

bool LocalAddress(int socket, RawSocketAddress& out) {
  out = RawSocketAddress{};
  out.length = sizeof(out.storage);
  return getsockname(socket, out.get(), &out.length) == 0 && out.length <= sizeof(out.storage);
}

uint16_t LocalPort(int socket) {
  RawSocketAddress raw;
  SocketAddress address;
  if (!LocalAddress(socket, raw) || DecodeSocketAddress(raw, address) != 0) return 0;
  const auto* inet = std::get_if<InetAddress>(&address);
  return inet == nullptr ? 0 : inet->port;
}

}  // namespace safe_trace
