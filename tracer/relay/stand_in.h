// The loopback socket of ours that a supervised socket is really connected to, in place of the
// host that it asked for.
#ifndef SAFE_TRACE_TRACER_RELAY_STAND_IN_H_
#define SAFE_TRACE_TRACER_RELAY_STAND_IN_H_

#include "tracer/relay/socket_name.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// How the supervised socket addresses the stand-in: by 127.0.0.1, by ::1, or by ::ffff:127.0.0.1.
enum class LoopbackForm { kV4, kV6, kMapped };

// For a host that has answered already. Connects `client`, a duplicate of the tracee's socket, at
// once. `error` is what the tracee's connect is answered with, 0 or EINPROGRESS; otherwise nothing
// is connected and our_end stays invalid.
struct ConnectedStandIn {
  UniqueFd our_end;
  int error = 0;
};
ConnectedStandIn ConnectStandIn(int client, LoopbackForm form);

// For a host that has not answered yet: the tracee's socket is connecting until Complete or Refuse,
// as it would be towards the host itself. Movable; one owner.
//
// A socket listens on loopback that ignores every packet, so that the kernel repeats the SYN and
// the client waits. To complete, the listener is dissolved and connects to the client itself: TCP's
// simultaneous open, which the client's connect takes for the answer. No packet of anybody else can
// do this, since the port is ours alone. Shown by StandInTest.
class WaitingStandIn {
 public:
  // Returns 0 or an errno value.
  int Open(LoopbackForm form);
  // Begins the client's connect. EINPROGRESS, or the errno value of a failed connect. `client` must
  // be non-blocking, or have a send timeout: otherwise EINTR after a while.
  int Begin(int client);
  // The host answered. Our end, invalid where the client has gone.
  UniqueFd Complete(int client);
  // The host refused: the client's connect fails with ECONNREFUSED.
  void Refuse(int client);

 private:
  LoopbackForm form_ = LoopbackForm::kV4;
  UniqueFd socket_;
  SocketName name_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_STAND_IN_H_
