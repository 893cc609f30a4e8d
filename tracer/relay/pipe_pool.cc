#include "tracer/relay/pipe_pool.h"

#include <fcntl.h>

#include <utility>

namespace safe_trace {

Pipe PipePool::Take() {
  if (!idle_.empty()) {
    Pipe pipe = std::move(idle_.back());
    idle_.pop_back();
    return pipe;
  }
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // Beyond the user's share the kernel keeps its own size, which does as well.
  (void)fcntl(pipe.write_end.get(), F_SETPIPE_SZ, kPipeSize);
  return pipe;
}

void PipePool::GiveBack(Pipe pipe) {
  if (pipe.valid() && idle_.size() < kMaximumIdle) idle_.push_back(std::move(pipe));
}

}  // namespace safe_trace
