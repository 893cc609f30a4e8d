// A socket's address as the kernel takes and gives it.
#ifndef SAFE_TRACE_TRACER_RELAY_SOCKET_NAME_H_
#define SAFE_TRACE_TRACER_RELAY_SOCKET_NAME_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

namespace safe_trace {

struct SocketName {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }

  // What `socket` is bound to; a name of length 0 where the kernel does not say.
  static SocketName LocalOf(int socket);
  // Port 0 of 127.0.0.1 or ::1.
  static SocketName Loopback(int family);
  // An IPv4 name as an AF_INET6 socket uses it.
  SocketName Mapped() const;
  // The reverse; others unchanged.
  SocketName Unmapped() const;

  uint16_t port() const;  // host byte order; 0 for other families
  void SetPort(uint16_t port);
  bool IsUnspecified() const;  // 0.0.0.0 or ::
  // The same address and port.
  bool operator==(const SocketName& other) const;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_SOCKET_NAME_H_
