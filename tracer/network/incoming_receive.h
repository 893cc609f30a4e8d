// Datagrams on their way to a DNS client: taken from the duplicate of its socket, and written where
// the client wants them, with the server that it asked in the place of the broker.
#ifndef SAFE_TRACE_TRACER_NETWORK_INCOMING_RECEIVE_H_
#define SAFE_TRACE_TRACER_NETWORK_INCOMING_RECEIVE_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tracer/network/brokered_sockets.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/remote_socket.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// Where in the client's memory a datagram belongs. An address of 0: not wanted.
struct ReceivePlace {
  std::vector<iovec> pieces;  // at most 1024
  uint64_t name = 0, control = 0;
  size_t name_room = 0, control_room = 0;
  // Who is told what came: these are written after a datagram.
  uint64_t name_length_at = 0;     // an int
  uint64_t control_length_at = 0;  // a size_t
  uint64_t flags_at = 0;           // an int
  uint64_t size_at = 0;            // an int
};

// Used by one thread at a time: the loop's, or a worker's where it has to wait.
class IncomingReceive {
 public:
  struct Client {
    std::shared_ptr<const RemoteSocket> socket;
    pid_t tid = 0;
    int flags = 0;  // the caller's
  };
  // All references outlive it.
  IncomingReceive(const TraceeMemory& memory, const DnsBroker& broker,
                  const BrokeredSockets& brokered, Client client)
      : memory_(memory), broker_(broker), brokered_(brokered), client_(std::move(client)) {}

  // What the call would return, -EAGAIN where nothing is there.
  int64_t Receive(const ReceivePlace& place) const;
  // The same, waiting as long as the socket does. On a worker.
  int64_t Await(const ReceivePlace& place, const std::function<bool()>& interrupted) const;
  bool may_wait() const {
    return !client_.socket->nonblocking && (client_.flags & MSG_DONTWAIT) == 0;
  }

 private:
  bool IsBroker(const sockaddr_storage& source, socklen_t length) const;
  void Rename(const std::vector<char>& data, size_t size, msghdr& header) const;
  bool Scatter(const ReceivePlace& place, const char* data, size_t size) const;
  bool Tell(const ReceivePlace& place, const msghdr& header, size_t size) const;

  const TraceeMemory& memory_;
  const DnsBroker& broker_;
  const BrokeredSockets& brokered_;
  const Client client_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_INCOMING_RECEIVE_H_
