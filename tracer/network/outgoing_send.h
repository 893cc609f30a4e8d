// One message on its way: copied from the tracee in pieces, sent on the duplicate of its socket.
#ifndef SAFE_TRACE_TRACER_NETWORK_OUTGOING_SEND_H_
#define SAFE_TRACE_TRACER_NETWORK_OUTGOING_SEND_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "tracer/deciding/syscall_action.h"
#include "tracer/network/control_data.h"
#include "tracer/network/payload_reader.h"
#include "tracer/network/remote_socket.h"
#include "tracer/network/socket_address.h"
#include "tracer/tracee/process_status.h"

namespace safe_trace {

// Never waits itself: Advance sends what fits. Used by one thread at a time: the loop's, then,
// where the message did not fit and the socket blocks, a worker's.
class OutgoingSend {
 public:
  static constexpr size_t kMaximumDatagram = 1024 * 1024;  // bytes; longer ones get EMSGSIZE
  static constexpr size_t kChunk = 1024 * 1024;            // of a stream, per call

  struct Content {
    std::shared_ptr<const RemoteSocket> socket;
    std::optional<RawSocketAddress> destination;
    // Of a datagram that was looked at: what was looked at is what is sent.
    std::optional<std::vector<char>> payload;
    std::shared_ptr<const UniqueFd> pinned;  // keeps `destination` meaningful
    std::optional<ProcessStatus> identity;   // whose rights on a socket file count
    ControlData control;
    int flags = 0;  // the caller's
    pid_t tgid = 0;
    pid_t tid = 0;
  };
  OutgoingSend(Content content, PayloadReader payload);

  enum class Progress : uint8_t {
    kFinished,    // result() is the call's
    kMore,        // a chunk was sent, more is to follow
    kWouldBlock,  // the socket takes nothing now
  };
  Progress Advance();
  // The bytes sent, or -errno. Where it would block: what the call returns if nobody waits.
  int64_t result() const { return sent_ > 0 ? static_cast<int64_t>(sent_) : -error_; }
  bool may_wait() const { return may_wait_; }

  // Until the end, waiting where needed. On a worker.
  int64_t Complete(const std::function<bool()>& interrupted);
  // The caller gets SIGPIPE where a stream's peer is gone, as from a send of its own.
  void RaiseBrokenPipe() const;

 private:
  using Clock = std::chrono::steady_clock;
  bool LoadChunk();
  Progress Stop(int error);
  Progress AfterFailure(int error);
  bool Wait(const std::function<bool()>& interrupted, std::optional<Clock::time_point> deadline);
  std::optional<Clock::time_point> SendDeadline() const;

  Content content_;
  PayloadReader payload_;
  bool is_stream_ = false;
  bool may_wait_ = false;
  bool loaded_once_ = false;
  std::vector<char> chunk_;
  size_t chunk_sent_ = 0;
  uint64_t sent_ = 0;
  int error_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_OUTGOING_SEND_H_
