#include "tracer/relay/stand_in.h"

#include <poll.h>
#include <sys/random.h>

#include <cerrno>
#include <chrono>

#include "tracer/relay/bounded_connect.h"

namespace safe_trace {
namespace {

// A loopback connect takes microseconds. Only a client that works against it takes longer.
constexpr std::chrono::milliseconds kPatience(50);
constexpr int kHighestLifetime = 255;
constexpr int kIpv6MinHopCount = 73;  // IPV6_MINHOPCOUNT of linux/in6.h, which clashes with libc's
constexpr int kBindTries = 64;
constexpr uint16_t kFirstPort = 20000;
constexpr uint16_t kPortCount = 40000;

int FamilyOf(LoopbackForm form) { return form == LoopbackForm::kV6 ? AF_INET6 : AF_INET; }

// As the client's socket writes it.
SocketName ForClient(const SocketName& name, LoopbackForm form) {
  return form == LoopbackForm::kMapped ? name.Mapped() : name;
}

UniqueFd OpenSocket(int family) {
  return UniqueFd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
}

// With 255 the kernel drops every packet that was not sent with the highest lifetime, and programs
// do not raise it. One that does gets an answer too early, from a socket that leads nowhere. A
// filter would need a privilege.
bool SetLowestLifetime(int socket, int family, int lifetime) {
  return family == AF_INET6
             ? setsockopt(socket, IPPROTO_IPV6, kIpv6MinHopCount, &lifetime, sizeof(lifetime)) == 0
             : setsockopt(socket, IPPROTO_IP, IP_MINTTL, &lifetime, sizeof(lifetime)) == 0;
}

// A port of its own choice: the kernel gives back one that it chose itself as soon as the listener
// is dissolved, and keeps one that bind named.
int BindToSomePort(int socket, SocketName& name) {
  for (int i = 0; i < kBindTries; ++i) {
    uint16_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != sizeof(random)) return EAGAIN;
    name.SetPort(static_cast<uint16_t>(kFirstPort + random % kPortCount));
    if (bind(socket, name.get(), name.length) == 0) return 0;
    if (errno != EADDRINUSE) return errno;
  }
  return EAGAIN;
}

// Dissolves a connection or a listener.
bool Dissolve(int socket, std::chrono::milliseconds limit) {
  SocketName nobody;
  nobody.storage.ss_family = AF_UNSPEC;
  nobody.length = sizeof(sockaddr_in);
  return BoundedConnect(socket, nobody, limit) == 0;
}

}  // namespace

ConnectedStandIn ConnectStandIn(int client, LoopbackForm form) {
  ConnectedStandIn result;
  SocketName name = SocketName::Loopback(FamilyOf(form));
  UniqueFd listener = OpenSocket(FamilyOf(form));
  if (!listener.valid() || bind(listener.get(), name.get(), name.length) != 0 ||
      listen(listener.get(), 4) != 0) {
    result.error = errno;
    return result;
  }
  name = SocketName::LocalOf(listener.get());
  result.error = BoundedConnect(client, ForClient(name, form), kPatience);
  if (result.error != 0 && result.error != EINPROGRESS) return result;
  const SocketName expected = SocketName::LocalOf(client).Unmapped();
  // On a busy machine the kernel may still be about to finish the handshake.
  pollfd ready{listener.get(), POLLIN, 0};
  while (poll(&ready, 1, static_cast<int>(kPatience.count())) < 0 && errno == EINTR) continue;
  // Anyone on this machine may have connected to the port in between.
  while (true) {
    SocketName peer;
    peer.length = sizeof(peer.storage);
    UniqueFd accepted(
        accept4(listener.get(), peer.get(), &peer.length, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!accepted.valid()) {
      result.error = ECONNABORTED;
      return result;
    }
    if (peer.Unmapped() == expected) {
      result.our_end = std::move(accepted);
      return result;
    }
  }
}

int WaitingStandIn::Open(LoopbackForm form) {
  form_ = form;
  name_ = SocketName::Loopback(FamilyOf(form));
  socket_ = OpenSocket(FamilyOf(form));
  if (!socket_.valid()) return errno;
  if (const int error = BindToSomePort(socket_.get(), name_); error != 0) return error;
  if (!SetLowestLifetime(socket_.get(), FamilyOf(form), kHighestLifetime) ||
      listen(socket_.get(), 1) != 0)
    return errno;
  return 0;
}

int WaitingStandIn::Begin(int client) {
  return BoundedConnect(client, ForClient(name_, form_), kPatience);
}

UniqueFd WaitingStandIn::Complete(int client) {
  const SocketName peer = SocketName::LocalOf(client).Unmapped();
  if (peer.port() == 0 || !Dissolve(socket_.get(), kPatience) ||
      !SetLowestLifetime(socket_.get(), FamilyOf(form_), 0)) {
    Refuse(client);
    return UniqueFd();
  }
  const int error = BoundedConnect(socket_.get(), peer, kPatience);
  if (error != 0 && error != EINPROGRESS) return UniqueFd();
  return std::move(socket_);
}

void WaitingStandIn::Refuse(int client) {
  // The port stays ours, and nobody listens there: a SYN is answered with a reset.
  (void)Dissolve(socket_.get(), kPatience);
  if (Dissolve(client, kPatience)) (void)BoundedConnect(client, ForClient(name_, form_), kPatience);
  socket_.Reset();
}

}  // namespace safe_trace
