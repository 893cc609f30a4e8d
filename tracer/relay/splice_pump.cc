#include "tracer/relay/splice_pump.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace safe_trace {
namespace {

constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

bool WouldBlock(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

SplicePump::~SplicePump() {
  if (held_ == 0) pipes_.GiveBack(std::move(pipe_));
}

PumpState SplicePump::Turn(size_t share) {
  size_t left = share;
  while (true) {
    if (held_ > 0) {
      const ssize_t count = splice(pipe_.read_end.get(), nullptr, sink_, nullptr, held_, kFlags);
      if (count <= 0)
        return count < 0 && WouldBlock(errno) ? PumpState::kBlocked : PumpState::kBroken;
      held_ -= static_cast<size_t>(count);
      moved_ += static_cast<uint64_t>(count);
      left -= std::min(left, static_cast<size_t>(count));
      if (held_ > 0) continue;
      if (left == 0) return PumpState::kMore;
    }
    if (ended_) {
      if (!std::exchange(shut_, true)) (void)shutdown(sink_, SHUT_WR);
      return PumpState::kDone;
    }
    if (!pipe_.valid()) pipe_ = pipes_.Take();
    if (!pipe_.valid()) return PumpState::kBroken;
    const ssize_t count =
        splice(source_, nullptr, pipe_.write_end.get(), nullptr, PipePool::kPipeSize, kFlags);
    if (count > 0) {
      held_ = static_cast<size_t>(count);
      continue;
    }
    const int error = errno;
    pipes_.GiveBack(std::exchange(pipe_, Pipe()));
    if (count < 0) return WouldBlock(error) ? PumpState::kBlocked : PumpState::kBroken;
    ended_ = true;
  }
}

}  // namespace safe_trace
