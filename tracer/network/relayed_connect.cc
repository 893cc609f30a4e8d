#include "tracer/network/relayed_connect.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

#include "tracer/network/interruptible_connect.h"
#include "tracer/relay/bounded_connect.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPatience(50);       // of a call that should not block at all
constexpr milliseconds kCheckInterval(20);  // whether the caller was interrupted
// A socket that is connected, or connecting, already: the kernel looks at no address then. If it is
// neither any more, nobody listens there.
constexpr uint16_t kNobodysPort = 1;

SyscallAction AnswerOf(int error) {
  if (error == 0) return Return{0};
  return Fail{error};
}

SocketName NameOf(const RawSocketAddress& raw) {
  SocketName name;
  name.storage = raw.storage;
  name.length = raw.length;
  return name;
}

LoopbackForm FormFor(const RemoteSocket& socket, const IpAddress& host) {
  if (socket.domain != AF_INET6) return LoopbackForm::kV4;
  return host.is_v6 ? LoopbackForm::kV6 : LoopbackForm::kMapped;
}

// Nothing where the kernel does not say.
std::optional<int> TcpState(int socket) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_state;
}

int PendingError(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// Our own socket on the way to the host, begun as the caller's would be: from the address that the
// caller's was bound to. Returns the errno value of its connect.
int BeginHost(const RemoteSocket& socket, const InetAddress& address, UniqueFd& host) {
  host.Reset(::socket(address.ip.is_v6 ? AF_INET6 : AF_INET,
                      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!host.valid()) return errno;
  const int yes = 1;
  (void)setsockopt(host.get(), SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
  SocketName bound = SocketName::LocalOf(socket.fd.get()).Unmapped();
  if (bound.length > 0 && !bound.IsUnspecified() &&
      bound.family() == (address.ip.is_v6 ? AF_INET6 : AF_INET)) {
    bound.SetPort(0);  // its port is the caller's own
    if (bind(host.get(), bound.get(), bound.length) != 0) return errno;
  }
  InetAddress plain = address;
  plain.as_v6 = address.ip.is_v6;
  const RawSocketAddress raw = EncodeInetAddress(plain);
  return connect(host.get(), raw.get(), raw.length) == 0 ? 0 : errno;
}

// Waits at most `wait`. 0: connected; EINPROGRESS: not yet; otherwise why it failed.
int HostState(int host, milliseconds wait) {
  pollfd ready{host, POLLOUT, 0};
  if (poll(&ready, 1, static_cast<int>(wait.count())) <= 0) return EINPROGRESS;
  return PendingError(host);
}

// What the caller's own call would wait at most; zero is for ever.
milliseconds SendTimeout(int socket) {
  timeval limit{};
  socklen_t size = sizeof(limit);
  if (getsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, &size) != 0) return milliseconds(0);
  return milliseconds(limit.tv_sec * 1000 + limit.tv_usec / 1000);
}

// A connection on its way; shared by the copies of a Deferred.
struct Attempt {
  Relay& relay;
  RelayGate& gate;
  uint64_t id = 0;
  RemoteSocket client;
  UniqueFd host;
  LoopbackForm form = LoopbackForm::kV4;

  // The host has answered.
  int Complete() {
    ConnectedStandIn connected = ConnectStandIn(client.fd.get(), form);
    if (!connected.our_end.valid()) {
      gate.Forget(id);
      return connected.error == EINTR ? ETIMEDOUT : connected.error;
    }
    relay.Adopt(id, std::move(connected.our_end), std::move(host));
    return connected.error;
  }

  // The caller does not wait; the relay finishes it. EINPROGRESS where all is well. `failed`: what
  // the host's connect came to already, an errno value.
  int HandOver(int failed) {
    WaitingStandIn stand_in;
    int error = stand_in.Open(form);
    if (error == 0) error = stand_in.Begin(client.fd.get());
    if (error != EINPROGRESS) {
      gate.Forget(id);
      return error == 0 || error == EINTR ? ECONNABORTED : error;
    }
    if (failed != 0) {
      // The caller learns it as of every connect that it does not wait for: by poll and SO_ERROR.
      stand_in.Refuse(client.fd.get());
      gate.Forget(id);
      return EINPROGRESS;
    }
    relay.Await(id, std::move(client.fd), std::move(stand_in), std::move(host));
    return EINPROGRESS;
  }

  // The same on a blocking socket, whose call was interrupted or has waited long enough: its
  // connect goes on. The socket's timeout is changed for the moment of a call that nobody makes.
  int HandOverBlocking() {
    timeval before{};
    socklen_t size = sizeof(before);
    const timeval shortest{0, 1000};
    const int fd = client.fd.get();
    if (getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &before, &size) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &shortest, sizeof(shortest)) != 0) {
      gate.Forget(id);
      return ECONNABORTED;
    }
    UniqueFd same(dup(fd));  // `client` is given away
    const int error = HandOver(0);
    (void)setsockopt(same.get(), SOL_SOCKET, SO_SNDTIMEO, &before, sizeof(before));
    return error;
  }

  Deferred::Result Wait(const std::function<bool()>& interrupted) {
    const milliseconds limit = SendTimeout(client.fd.get());
    const Clock::time_point begun = Clock::now();
    while (true) {
      const int error = HostState(host.get(), kCheckInterval);
      if (error == 0) return Result(Complete());
      if (error != EINPROGRESS) {
        gate.Forget(id);
        return Fail{error};
      }
      if (interrupted()) {
        const int handed = HandOverBlocking();
        return Fail{handed == EINPROGRESS ? EINTR : handed};
      }
      if (limit.count() > 0 && Clock::now() - begun >= limit) return Fail{HandOverBlocking()};
    }
  }

  static Deferred::Result Result(int error) {
    return error == 0 ? Deferred::Result(Return{0}) : Deferred::Result(Fail{error});
  }
};

// The caller polls a connect that is under way, or repeats a finished one.
SyscallAction Repeat(RemoteSocket socket, LoopbackForm form, int state) {
  SocketName nobody = SocketName::Loopback(form == LoopbackForm::kV6 ? AF_INET6 : AF_INET);
  nobody.SetPort(kNobodysPort);
  if (form == LoopbackForm::kMapped) nobody = nobody.Mapped();
  if (socket.nonblocking || state != TCP_SYN_SENT) {
    return AnswerOf(BoundedConnect(socket.fd.get(), nobody, kPatience));
  }
  RawSocketAddress raw;
  raw.storage = nobody.storage;
  raw.length = nobody.length;
  auto shared = std::make_shared<const UniqueFd>(std::move(socket.fd));
  return Deferred{[shared, raw](const std::function<bool()>& interrupted) {
    return Attempt::Result(InterruptibleConnect(shared->get(), raw, std::nullopt, interrupted));
  }};
}

}  // namespace

SyscallAction RelayedConnector::Connect(Process& process, RemoteSocket socket,
                                        Destination destination) {
  const InetAddress& address = *destination.matter.inet;
  const LoopbackForm form = FormFor(socket, address.ip);
  const int state = TcpState(socket.fd.get()).value_or(TCP_CLOSE);
  if (state != TCP_CLOSE) return Repeat(std::move(socket), form, state);
  if (!relay_.HasRoom()) return Fail{ENFILE};

  UniqueFd host;
  int error = BeginHost(socket, address, host);
  if (error == EINPROGRESS) error = HostState(host.get(), milliseconds(0));
  TraceEvent event = NetworkEvent(destination.matter, "unknown");
  // Only a refusal comes after a connect has begun; everything else failed before.
  const bool waits = error == EINPROGRESS || (error == ECONNREFUSED && socket.nonblocking);
  event.outcome = waits ? "unknown" : error == 0 ? "success" : "failure";
  reporter_.ReportEvent(process, std::move(event));
  if (error != 0 && !waits) return Fail{error};

  auto attempt =
      std::make_shared<Attempt>(Attempt{relay_, gate_, 0, std::move(socket), UniqueFd(), form});
  RelayedConnection connection{destination.matter, attempt->client.inode,
                               NameOf(destination.address)};
  attempt->id = gate_.Register(process, std::move(connection));
  gate_.SetLocalName(attempt->id, SocketName::LocalOf(host.get()));
  attempt->host = std::move(host);
  if (!waits) return AnswerOf(attempt->Complete());
  if (attempt->client.nonblocking) {
    return AnswerOf(attempt->HandOver(error == EINPROGRESS ? 0 : error));
  }
  return Deferred{
      [attempt](const std::function<bool()>& interrupted) { return attempt->Wait(interrupted); }};
}

}  // namespace safe_trace
