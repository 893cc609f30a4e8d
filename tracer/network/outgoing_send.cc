#include "tracer/network/outgoing_send.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace safe_trace {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);
// An unconnected datagram socket is always writable although its destination's queue is full.
constexpr auto kShortestWait = std::chrono::milliseconds(1);
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

}  // namespace

OutgoingSend::OutgoingSend(Content content, PayloadReader payload)
    : content_(std::move(content)), payload_(std::move(payload)) {
  is_stream_ = content_.socket->type == SOCK_STREAM;
  may_wait_ = !content_.socket->nonblocking && (content_.flags & MSG_DONTWAIT) == 0;
  if (content_.payload.has_value()) chunk_ = *content_.payload;
}

OutgoingSend::Progress OutgoingSend::Stop(int error) {
  error_ = error;
  return Progress::kFinished;
}

bool OutgoingSend::LoadChunk() {
  if (content_.payload.has_value()) return true;
  if (loaded_once_ && chunk_sent_ < chunk_.size()) return true;
  loaded_once_ = true;
  chunk_sent_ = 0;
  return payload_.Next(is_stream_ ? kChunk : kMaximumDatagram, chunk_) == 0;
}

OutgoingSend::Progress OutgoingSend::Advance() {
  if (!is_stream_ && payload_.remaining() > kMaximumDatagram) return Stop(EMSGSIZE);
  if (!LoadChunk()) return Stop(EFAULT);
  std::optional<ScopedIdentity> identity;
  if (content_.identity.has_value()) identity.emplace(*content_.identity);
  if (identity.has_value() && !identity->ok()) return Stop(EACCES);
  iovec piece{chunk_.data() + chunk_sent_, chunk_.size() - chunk_sent_};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (content_.destination.has_value()) {
    message.msg_name = content_.destination->get();
    message.msg_namelen = content_.destination->length;
  }
  if (!content_.control.bytes.empty()) {
    message.msg_control = content_.control.bytes.data();
    message.msg_controllen = content_.control.bytes.size();
  }
  // MSG_ZEROCOPY would pin buffers of ours that are reused before the packet has left.
  int flags = (content_.flags & ~MSG_ZEROCOPY) | MSG_DONTWAIT | MSG_NOSIGNAL;
  // Urgent is the last byte of the whole message, not of each chunk.
  if (payload_.remaining() > 0) flags &= ~MSG_OOB;
  ssize_t sent = sendmsg(content_.socket->fd.get(), &message, flags);
  if (sent < 0) return AfterFailure(errno);
  sent_ += static_cast<uint64_t>(sent);
  chunk_sent_ += static_cast<size_t>(sent);
  content_.control = ControlData{};  // goes with the first bytes only
  bool complete = !is_stream_ || (chunk_sent_ == chunk_.size() && payload_.remaining() == 0);
  return complete ? Stop(0) : Progress::kMore;
}

OutgoingSend::Progress OutgoingSend::AfterFailure(int error) {
  if (error == EINTR) return Progress::kMore;
  if (error != EAGAIN) {
    Progress progress = Stop(error);
    if (error == EPIPE && sent_ == 0) RaiseBrokenPipe();
    return progress;
  }
  error_ = EAGAIN;
  return Progress::kWouldBlock;
}

void OutgoingSend::RaiseBrokenPipe() const {
  if (!is_stream_ || (content_.flags & MSG_NOSIGNAL) != 0) return;
  syscall(SYS_tgkill, content_.tgid, content_.tid, SIGPIPE);
}

std::optional<OutgoingSend::Clock::time_point> OutgoingSend::SendDeadline() const {
  timeval limit{};
  socklen_t size = sizeof(limit);
  if (getsockopt(content_.socket->fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, &size) != 0 ||
      (limit.tv_sec == 0 && limit.tv_usec == 0)) {
    return std::nullopt;
  }
  return Clock::now() + std::chrono::seconds(std::min<time_t>(limit.tv_sec, 1 << 30)) +
         std::chrono::microseconds(limit.tv_usec);
}

bool OutgoingSend::Wait(const std::function<bool()>& interrupted,
                        std::optional<Clock::time_point> deadline) {
  if (interrupted()) {
    error_ = EINTR;
    return false;
  }
  if (deadline.has_value() && Clock::now() >= *deadline) {
    error_ = EAGAIN;
    return false;
  }
  pollfd watched{content_.socket->fd.get(), POLLOUT, 0};
  poll(&watched, 1, static_cast<int>(kPollInterval.count()));
  if (!is_stream_) std::this_thread::sleep_for(kShortestWait);
  return true;
}

int64_t OutgoingSend::Complete(const std::function<bool()>& interrupted) {
  std::optional<Clock::time_point> deadline = SendDeadline();
  while (true) {
    Progress progress = Advance();
    if (progress == Progress::kFinished) return result();
    // Also between chunks: a task that was killed must not have its memory read for long.
    if (progress == Progress::kMore && !interrupted()) continue;
    if (!Wait(interrupted, deadline)) return result();
  }
}

}  // namespace safe_trace
