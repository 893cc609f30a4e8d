#include "tracer/relay/socket_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace safe_trace {
namespace {

const sockaddr_in& V4(const SocketName& name) {
  return reinterpret_cast<const sockaddr_in&>(name.storage);
}
const sockaddr_in6& V6(const SocketName& name) {
  return reinterpret_cast<const sockaddr_in6&>(name.storage);
}

}  // namespace

SocketName SocketName::LocalOf(int socket) {
  SocketName name;
  name.length = sizeof(name.storage);
  if (getsockname(socket, name.get(), &name.length) != 0) return SocketName{};
  return name;
}

SocketName SocketName::Loopback(int family) {
  SocketName name;
  if (family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(name.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    name.length = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(name.storage);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.length = sizeof(v4);
  }
  return name;
}

SocketName SocketName::Mapped() const {
  if (family() != AF_INET) return *this;
  SocketName mapped;
  auto& v6 = reinterpret_cast<sockaddr_in6&>(mapped.storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = V4(*this).sin_port;
  v6.sin6_addr.s6_addr[10] = 0xff;
  v6.sin6_addr.s6_addr[11] = 0xff;
  std::memcpy(&v6.sin6_addr.s6_addr[12], &V4(*this).sin_addr, 4);
  mapped.length = sizeof(v6);
  return mapped;
}

SocketName SocketName::Unmapped() const {
  if (family() != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&V6(*this).sin6_addr)) return *this;
  SocketName plain;
  auto& v4 = reinterpret_cast<sockaddr_in&>(plain.storage);
  v4.sin_family = AF_INET;
  v4.sin_port = V6(*this).sin6_port;
  std::memcpy(&v4.sin_addr, &V6(*this).sin6_addr.s6_addr[12], 4);
  plain.length = sizeof(v4);
  return plain;
}

uint16_t SocketName::port() const {
  if (family() == AF_INET) return ntohs(V4(*this).sin_port);
  if (family() == AF_INET6) return ntohs(V6(*this).sin6_port);
  return 0;
}

void SocketName::SetPort(uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
}

bool SocketName::IsUnspecified() const {
  if (family() == AF_INET) return V4(*this).sin_addr.s_addr == htonl(INADDR_ANY);
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&V6(*this).sin6_addr);
}

bool SocketName::operator==(const SocketName& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() == AF_INET) return V4(*this).sin_addr.s_addr == V4(other).sin_addr.s_addr;
  return family() == AF_INET6 && IN6_ARE_ADDR_EQUAL(&V6(*this).sin6_addr, &V6(other).sin6_addr);
}

}  // namespace safe_trace
