#include "tracer/relay/relay_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace safe_trace {
namespace {

constexpr size_t kShare = 4 << 20;  // bytes that one connection moves before the next one's turn
constexpr size_t kReadSize = 64 * 1024;
constexpr int kStepsPerTurn = 256;
// Of a client between the parts of its first word.
constexpr std::chrono::milliseconds kHesitation(200);

// Each end already waits for more where that helps; a second wait only delays.
void SendAtOnce(int socket) {
  const int yes = 1;
  (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

void CloseWithReset(UniqueFd& socket) {
  const linger now{1, 0};
  (void)setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  socket.Reset();
}

}  // namespace

RelayConnection::RelayConnection(uint64_t id, UniqueFd client, UniqueFd host, RelayWatcher& watcher,
                                 PipePool& pipes)
    : id_(id),
      client_(std::move(client)),
      host_(std::move(host)),
      watcher_(watcher),
      outward_(client_.get(), host_.get(), pipes),
      inward_(host_.get(), client_.get(), pipes) {
  SendAtOnce(client_.get());
  SendAtOnce(host_.get());
}

PumpState RelayConnection::Turn(Events events) {
  // Something to read, an end or an error at the source; room at the sink for what waits.
  constexpr uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  const bool look_outward = events.all || (events.client & (EPOLLIN | kEnded)) != 0 ||
                            sendable_ > 0 || outward_.HoldsData() || Hesitates();
  const bool look_inward =
      events.all || (events.host & (EPOLLIN | kEnded)) != 0 || inward_.HoldsData();
  PumpState out = PumpState::kBlocked;
  if (outward_done_) {
    out = PumpState::kDone;
  } else if (look_outward) {
    out = TurnOutward(events.all || (events.client & kEnded) != 0);
  }
  if (out == PumpState::kBroken) return out;
  outward_done_ = out == PumpState::kDone;
  PumpState in = PumpState::kBlocked;
  if (inward_done_) {
    in = PumpState::kDone;
  } else if (look_inward) {
    in = TurnInward(events.all || (events.host & kEnded) != 0);
  }
  if (in == PumpState::kBroken) return in;
  inward_done_ = in == PumpState::kDone;
  if (outward_done_ && inward_done_) return PumpState::kDone;
  return out == PumpState::kMore || in == PumpState::kMore ? PumpState::kMore : PumpState::kBlocked;
}

PumpState RelayConnection::TurnInward(bool until_empty) {
  if (gate_.ReadsAnswers() != shows_answers_) {
    shows_answers_ = !shows_answers_;
    SplicePump::Viewer viewer;
    if (shows_answers_) {
      viewer = [this](std::span<const uint8_t> bytes) { gate_.TakeAnswer(bytes); };
    }
    inward_.ShowTo(std::move(viewer));
  }
  const bool was_awaiting = gate_.AwaitsAnswer();
  const PumpState state = inward_.Turn(kShare, until_empty);
  if (state == PumpState::kDone) gate_.AnswersEnded();
  if (state == PumpState::kBroken || !was_awaiting || gate_.AwaitsAnswer()) return state;
  return PumpState::kMore;  // the client's next bytes have their meaning now
}

PumpState RelayConnection::TurnOutward(bool until_empty) {
  for (int i = 0; i < kStepsPerTurn; ++i) {
    PumpState state = PumpState::kMore;
    if (sendable_ > 0) {
      state = Send();
    } else if (open_) {
      state = outward_.Turn(kShare, until_empty || client_ended_);
      const uint64_t moved = outward_.moved() - counted_;
      counted_ += moved;
      if (moved > 0 && !watcher_.MaySend(id_, moved)) return PumpState::kBroken;
      return state;
    } else {
      state = Examine();
    }
    if (state != PumpState::kMore) return state;
  }
  return PumpState::kMore;
}

PumpState RelayConnection::Examine() {
  if (undecided_.has_value()) return Judge(*undecided_);
  StreamGate::Step step = gate_.Next(held_, inward_.moved() > 0 && ahead_ == 0);
  if (step.kind != StreamGate::Step::Kind::kNeedMore) hesitating_since_.reset();
  switch (step.kind) {
    case StreamGate::Step::Kind::kNeedMore: {
      const PumpState received = Receive();
      if (received == PumpState::kBlocked && step.is_bare_word) return SendWordAhead();
      hesitating_since_.reset();
      return received;
    }
    case StreamGate::Step::Kind::kAsk:
      return Judge(step.claim);
    case StreamGate::Step::Kind::kForward:
      return LetPass(step.bytes);
    case StreamGate::Step::Kind::kOpen:
      open_ = true;
      return LetPass(held_.size());
    case StreamGate::Step::Kind::kAwait:
      return AwaitAnswer();
    case StreamGate::Step::Kind::kRefuse:
      watcher_.Unreadable(id_, step.why);
      return PumpState::kBroken;
  }
  return PumpState::kBroken;
}

PumpState RelayConnection::AwaitAnswer() {
  if (client_ended_ || held_.size() >= StreamGate::kMaximumGreeting) return PumpState::kBlocked;
  return Receive();
}

PumpState RelayConnection::Judge(StreamClaim claim) {
  const RelayWatcher::Judgement judgement = watcher_.Judge(id_, claim);
  undecided_.reset();
  if (judgement == RelayWatcher::Judgement::kLater) {
    undecided_ = std::move(claim);
    return PumpState::kBlocked;
  }
  if (judgement == RelayWatcher::Judgement::kRefuse) return PumpState::kBroken;
  gate_.Allowed();
  return PumpState::kMore;
}

PumpState RelayConnection::LetPass(size_t octets) {
  const size_t passed = std::min(ahead_, octets);
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(passed));
  ahead_ -= passed;
  sendable_ = octets - passed;
  return watcher_.MaySend(id_, sendable_) ? PumpState::kMore : PumpState::kBroken;
}

PumpState RelayConnection::SendWordAhead() {
  if (held_.size() == ahead_) {
    hesitating_since_.reset();
    return PumpState::kBlocked;
  }
  const Clock::time_point now = Clock::now();
  if (!hesitating_since_.has_value()) hesitating_since_ = now;
  if (now - *hesitating_since_ < kHesitation) return PumpState::kBlocked;
  const size_t size = held_.size() - ahead_;
  if (!watcher_.MaySend(id_, size)) return PumpState::kBroken;
  const ssize_t count = send(host_.get(), held_.data() + ahead_, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0)
    return errno == EAGAIN || errno == EINTR ? PumpState::kBlocked : PumpState::kBroken;
  ahead_ += static_cast<size_t>(count);
  examined_sent_ += static_cast<uint64_t>(count);
  hesitating_since_.reset();
  return PumpState::kBlocked;
}

PumpState RelayConnection::Receive() {
  if (client_ended_) {
    // A request that never became whole goes nowhere.
    (void)shutdown(host_.get(), SHUT_WR);
    return PumpState::kDone;
  }
  if (held_.size() > StreamGate::kMaximumGreeting + kReadSize) {
    watcher_.Unreadable(id_, "a greeting without an end");
    return PumpState::kBroken;
  }
  const size_t before = held_.size();
  held_.resize(before + kReadSize);
  const ssize_t count = recv(client_.get(), held_.data() + before, kReadSize, MSG_DONTWAIT);
  const int error = errno;
  held_.resize(before + (count > 0 ? static_cast<size_t>(count) : 0));
  if (count > 0) return PumpState::kMore;
  if (count == 0) {
    client_ended_ = true;
    gate_.Ended();
    return PumpState::kMore;
  }
  return error == EAGAIN || error == EINTR ? PumpState::kBlocked : PumpState::kBroken;
}

PumpState RelayConnection::Send() {
  const ssize_t count = send(host_.get(), held_.data(), sendable_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) {
    return errno == EAGAIN || errno == EINTR ? PumpState::kBlocked : PumpState::kBroken;
  }
  held_.erase(held_.begin(), held_.begin() + count);
  sendable_ -= static_cast<size_t>(count);
  examined_sent_ += static_cast<uint64_t>(count);
  if (open_ && held_.empty()) std::vector<uint8_t>().swap(held_);
  return PumpState::kMore;
}

void RelayConnection::Close(bool completed) {
  completed_ = completed;
  if (completed) {
    client_.Reset();
    host_.Reset();
    return;
  }
  CloseWithReset(client_);
  CloseWithReset(host_);
}

RelayedFlow RelayConnection::flow() const {
  return {.sent = examined_sent_ + outward_.moved(),
          .received = inward_.moved(),
          .completed = completed_};
}

}  // namespace safe_trace
