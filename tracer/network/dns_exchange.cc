#include "tracer/network/dns_exchange.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "tracer/network/socket_address.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumMessage = 65535;
constexpr size_t kMaximumRounds = 2;
constexpr auto kShortestAttempt = std::chrono::milliseconds(50);
// Datagrams looked at per event: a flood of forgeries must not hold the thread.
constexpr int kDatagramsPerEvent = 16;

bool RandomId(uint16_t& id) {
  return getrandom(&id, sizeof(id), GRND_NONBLOCK) == static_cast<ssize_t>(sizeof(id));
}

bool IsServerTrouble(DnsResponseCode code) {
  return code != DnsResponseCode::kNoError && code != DnsResponseCode::kNoSuchName;
}

}  // namespace

DnsExchange::DnsExchange(DnsQuery query, bool is_stream, const std::vector<IpAddress>& servers,
                         uint16_t port, std::chrono::milliseconds timeout)
    : query_(std::move(query)),
      is_stream_(is_stream),
      servers_(servers),
      port_(port),
      per_attempt_(std::max<std::chrono::milliseconds>(
          kShortestAttempt, timeout / std::max<size_t>(1, servers.size() * kMaximumRounds))) {}

uint32_t DnsExchange::events() const {
  return is_stream_ && !to_send_.empty() ? EPOLLOUT : EPOLLIN;
}

DnsExchange::State DnsExchange::Start(Clock::time_point now) { return NextAttempt(now); }
DnsExchange::State DnsExchange::OnDeadline(Clock::time_point now) { return NextAttempt(now); }

DnsExchange::State DnsExchange::NextAttempt(Clock::time_point now) {
  while (attempt_ < servers_.size() * kMaximumRounds) {
    const IpAddress& server = servers_[attempt_++ % servers_.size()];
    if (!RandomId(id_) || !OpenSocket(server)) continue;
    deadline_ = now + per_attempt_;
    DnsBytes wire = BuildDnsQuery(query_, id_);
    if (is_stream_) {
      to_send_ = {static_cast<uint8_t>(wire.size() >> 8), static_cast<uint8_t>(wire.size())};
      to_send_.insert(to_send_.end(), wire.begin(), wire.end());
      received_.clear();
      return State::kWaiting;
    }
    ssize_t sent = send(socket_.get(), wire.data(), wire.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == static_cast<ssize_t>(wire.size())) return State::kWaiting;
  }
  socket_.Reset();
  return has_failure_ ? State::kAnswered : State::kFailed;
}

bool DnsExchange::OpenSocket(const IpAddress& server) {
  int type = (is_stream_ ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  socket_.Reset(socket(server.is_v6 ? AF_INET6 : AF_INET, type, 0));
  if (!socket_.valid()) return false;
  // A connected socket: the kernel drops datagrams from any other source address.
  RawSocketAddress address =
      EncodeInetAddress(InetAddress{.ip = server, .port = port_, .as_v6 = server.is_v6});
  int result = connect(socket_.get(), address.get(), address.length);
  return result == 0 || errno == EINPROGRESS;
}

DnsExchange::State DnsExchange::OnEvent(Clock::time_point now) {
  return is_stream_ ? ReceiveStream(now) : ReceiveDatagrams(now);
}

DnsExchange::State DnsExchange::ReceiveDatagrams(Clock::time_point now) {
  DnsBytes buffer(kMaximumMessage);
  for (int i = 0; i < kDatagramsPerEvent; ++i) {
    ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) {
      // ECONNREFUSED: nobody listens there.
      return errno == EAGAIN || errno == EINTR ? State::kWaiting : NextAttempt(now);
    }
    std::optional<State> state = Judge(DnsBytes(buffer.begin(), buffer.begin() + size), now);
    if (state.has_value()) return *state;
  }
  return State::kWaiting;
}

bool DnsExchange::SendStream() {
  ssize_t sent = send(socket_.get(), to_send_.data(), to_send_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  to_send_.erase(to_send_.begin(), to_send_.begin() + sent);
  return true;
}

DnsExchange::State DnsExchange::ReceiveStream(Clock::time_point now) {
  if (!to_send_.empty()) return SendStream() ? State::kWaiting : NextAttempt(now);
  uint8_t buffer[16384];
  ssize_t size = recv(socket_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return State::kWaiting;
  if (size <= 0) return NextAttempt(now);
  received_.insert(received_.end(), buffer, buffer + size);
  if (received_.size() < 2) return State::kWaiting;
  size_t expected = 2U + (static_cast<size_t>(received_[0]) << 8 | received_[1]);
  if (received_.size() < expected) return State::kWaiting;
  DnsBytes candidate(received_.begin() + 2, received_.begin() + static_cast<ptrdiff_t>(expected));
  std::optional<State> state = Judge(std::move(candidate), now);
  // Nothing else can follow over a stream: a wrong answer ends the attempt.
  return state.has_value() ? *state : NextAttempt(now);
}

std::optional<DnsExchange::State> DnsExchange::Judge(DnsBytes candidate, Clock::time_point now) {
  absl::StatusOr<DnsAnswer> answer = ParseDnsAnswer(candidate, query_, id_);
  if (!answer.ok()) return std::nullopt;
  answer_ = *std::move(answer);
  message_ = std::move(candidate);
  SetDnsId(message_, query_.id);
  if (!IsServerTrouble(answer_.code)) return State::kAnswered;
  has_failure_ = true;
  return NextAttempt(now);
}

}  // namespace safe_trace
