#include "tracer/relay/splice_pump.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace safe_trace {
namespace {

constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
constexpr size_t kLittle = 32 * 1024;  // bytes; below, two copies cost less than a pipe

bool WouldBlock(int error) { return error == EAGAIN || error == EINTR; }

PumpState Failure(int error) {
  return WouldBlock(error) ? PumpState::kBlocked : PumpState::kBroken;
}

}  // namespace

SplicePump::~SplicePump() {
  if (held_ == 0) pipes_.GiveBack(std::move(pipe_));
}

PumpState SplicePump::Turn(size_t share, bool until_empty) {
  const uint64_t before = moved_;
  while (true) {
    PumpState state = PumpState::kMore;
    if (HoldsData()) {
      state = Write();
    } else if (ended_) {
      return End();
    } else if (moved_ - before >= share) {
      return PumpState::kMore;
    } else {
      state = much_ && !viewer_ ? ReadMuch() : ReadLittle(until_empty);
    }
    if (state != PumpState::kMore) return state;
  }
}

PumpState SplicePump::Write() {
  ssize_t count = 0;
  if (!rest_.empty()) {
    count = send(sink_, rest_.data(), rest_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) rest_.erase(rest_.begin(), rest_.begin() + count);
  } else {
    count = splice(pipe_.read_end.get(), nullptr, sink_, nullptr, held_, kFlags);
    if (count > 0) held_ -= static_cast<size_t>(count);
  }
  if (count <= 0) return count < 0 ? Failure(errno) : PumpState::kBroken;
  moved_ += static_cast<uint64_t>(count);
  return PumpState::kMore;
}

PumpState SplicePump::ReadLittle(bool until_empty) {
  std::array<uint8_t, kLittle> buffer;
  const ssize_t count = recv(source_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) return Failure(errno);
  if (count == 0) {
    ended_ = true;
    return PumpState::kMore;
  }
  const auto size = static_cast<size_t>(count);
  if (viewer_) viewer_(std::span(buffer).first(size));
  much_ = size == buffer.size();
  ssize_t sent = send(sink_, buffer.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && !WouldBlock(errno)) return PumpState::kBroken;
  if (sent < 0) sent = 0;
  moved_ += static_cast<uint64_t>(sent);
  rest_.assign(buffer.begin() + sent, buffer.begin() + count);
  // Whatever comes later raises an event of its own.
  const bool is_all = !much_ && rest_.empty() && !until_empty;
  return is_all ? PumpState::kBlocked : PumpState::kMore;
}

PumpState SplicePump::ReadMuch() {
  if (!pipe_.valid()) pipe_ = pipes_.Take();
  if (!pipe_.valid()) return PumpState::kBroken;
  const ssize_t count =
      splice(source_, nullptr, pipe_.write_end.get(), nullptr, PipePool::kPipeSize, kFlags);
  if (count > 0) {
    held_ = static_cast<size_t>(count);
    return PumpState::kMore;
  }
  const int error = errno;
  pipes_.GiveBack(std::exchange(pipe_, Pipe()));
  much_ = false;
  if (count < 0) return Failure(error);
  ended_ = true;
  return PumpState::kMore;
}

PumpState SplicePump::End() {
  if (!std::exchange(shut_, true)) (void)shutdown(sink_, SHUT_WR);
  return PumpState::kDone;
}

}  // namespace safe_trace
