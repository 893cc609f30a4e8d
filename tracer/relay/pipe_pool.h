// Pipes that data passes through on its way from socket to socket. Relay's thread only.
#ifndef SAFE_TRACE_TRACER_RELAY_PIPE_POOL_H_
#define SAFE_TRACE_TRACER_RELAY_PIPE_POOL_H_

#include <cstddef>
#include <vector>

#include "tracer/unique_fd.h"

namespace safe_trace {

struct Pipe {
  UniqueFd read_end, write_end;
  bool valid() const { return read_end.valid(); }
};

// A pipe is needed only while something is in it: a few serve thousands of connections.
class PipePool {
 public:
  // Bytes; what an ordinary user may ask for (/proc/sys/fs/pipe-max-size).
  static constexpr int kPipeSize = 1 << 20;

  // An empty pipe; invalid where none can be made.
  Pipe Take();
  // `pipe` is empty again.
  void GiveBack(Pipe pipe);

 private:
  static constexpr size_t kMaximumIdle = 16;
  std::vector<Pipe> idle_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_PIPE_POOL_H_
