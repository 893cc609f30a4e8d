#include "tracer/network/dns_broker.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <thread>

#include "tracer/network/address_book.h"
#include "tracer/network/dns_client_table.h"
#include "tracer/network/dns_exchange.h"
#include "tracer/network/dns_message.h"
#include "tracer/network/dns_question_filter.h"
#include "tracer/network/dns_stream_client.h"
#include "tracer/network/held_questions.h"
#include "tracer/network/socket_address.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaximumPending = 1024;
constexpr size_t kMaximumConnections = 128;
constexpr size_t kMaximumServers = 8;
constexpr size_t kMaximumQuery = 65535;
constexpr size_t kPlainUdpAnswer = 512;  // bytes, for clients without EDNS
constexpr int kDatagramsPerEvent = 64;
constexpr auto kIdleConnection = std::chrono::seconds(30);
constexpr uint8_t kTruncatedBit = 0x02;  // in the third byte of a message

// What an epoll event is about: a kind in the upper bits, a serial number below.
enum class Source : uint64_t { kStop, kDecided, kDatagrams, kListener, kConnection, kExchange };
constexpr uint64_t Tag(Source source, uint64_t serial) {
  return static_cast<uint64_t>(source) << 56 | serial;
}
constexpr Source SourceOf(uint64_t tag) { return static_cast<Source>(tag >> 56); }
constexpr uint64_t SerialOf(uint64_t tag) { return tag & ((1ULL << 56) - 1); }

struct LoopbackSocket {
  UniqueFd socket;
  RawSocketAddress address;
  bool is_stream = false;
  int family = 0;
};

absl::StatusOr<LoopbackSocket> OpenLoopback(int family, bool is_stream) {
  LoopbackSocket result;
  result.family = family;
  result.is_stream = is_stream;
  int type = (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  result.socket.Reset(socket(family, type, 0));
  if (!result.socket.valid()) return LastErrnoStatus("DNS broker: socket");
  InetAddress loopback{.ip = {}, .as_v6 = family == AF_INET6};
  loopback.ip.is_v6 = family == AF_INET6;
  result.address = EncodeInetAddress(
      InetAddress{.ip = EffectiveDestination(loopback.ip), .as_v6 = loopback.as_v6});
  if (bind(result.socket.get(), result.address.get(), result.address.length) != 0) {
    return LastErrnoStatus("DNS broker: bind to loopback");
  }
  if (is_stream && listen(result.socket.get(), 64) != 0) {
    return LastErrnoStatus("DNS broker: listen");
  }
  if (!LocalAddress(result.socket.get(), result.address)) {
    return LastErrnoStatus("DNS broker: getsockname");
  }
  return result;
}

uint16_t PortOf(const RawSocketAddress& raw) {
  SocketAddress address;
  if (DecodeSocketAddress(raw, address) != 0) return 0;
  const auto* inet = std::get_if<InetAddress>(&address);
  return inet == nullptr ? 0 : inet->port;
}

void Raise(const UniqueFd& event) {
  const uint64_t one = 1;
  // Fails only where the counter is full, and then its reader is awake anyway.
  [[maybe_unused]] ssize_t written = write(event.get(), &one, sizeof(one));
}

class BrokerImpl final : public DnsBroker {
 public:
  explicit BrokerImpl(Options options)
      : book_(std::move(options.now)),
        filter_(std::move(options.decide), std::move(options.static_names),
                std::move(options.loopback_names), std::move(options.own_names),
                std::move(options.search_domains), book_),
        may_be_decided_later_(std::move(options.may_be_decided_later)),
        server_port_(options.name_server_port),
        timeout_(std::clamp(options.timeout_ms, 100, 60000)) {
    for (const std::string& text : options.name_servers) {
      IpAddress address;
      if (servers_.size() < kMaximumServers && ParseIpAddress(text, address)) {
        servers_.push_back(address);
      }
    }
  }
  ~BrokerImpl() override { Stop(); }

  absl::Status Open();
  void Run();

  bool AddressFor(int family, bool is_stream, sockaddr_storage& address,
                  socklen_t& length) const override;
  void RegisterClient(bool is_stream, uint16_t local_port, uint64_t client) override {
    clients_.Register(is_stream, local_port, client);
  }
  void DecideHeld() override { Raise(decided_); }
  void Finish() override {
    drains_ = true;
    Stop();
  }
  bool IsLocalName(const std::string& name) const override { return filter_.IsLocalName(name); }
  std::vector<std::string> NamesOf(const IpAddress& address) const override {
    return book_.NamesOf(address);
  }

 private:
  struct Pending {
    DnsExchange exchange;
    DnsOrigin origin;
  };

  void Stop();
  void Loop();
  void Drain();
  bool Watch(int operation, int fd, uint64_t tag, uint32_t events);
  int MillisecondsToNextDeadline() const;
  void Dispatch(const epoll_event& event);
  void ReceiveDatagrams(size_t listener);
  void Accept(size_t listener);
  void OnConnection(uint64_t serial, uint32_t events);
  void OnQuestion(const DnsBytes& message, uint64_t client, const DnsOrigin& origin);
  // Answers it, sends it on, or holds it while the user is asked.
  void Settle(HeldQuestion question);
  void SettleHeld();
  void Forward(const DnsQuery& query, const DnsOrigin& origin);
  void OnExchange(uint64_t serial, DnsExchange::State state, int previous_fd);
  void ExpireDeadlines();
  void Reply(const DnsOrigin& origin, const DnsQuery& query, const DnsBytes& message);
  void Refuse(const HeldQuestion& question) {
    Reply(question.origin, question.query,
          BuildDnsResponse(question.query, DnsResponseCode::kRefused));
  }
  void CloseConnection(uint64_t serial) {
    connections_.erase(serial);
    held_.Forget(serial);
  }

  AddressBook book_;
  DnsClientTable clients_;
  const DnsQuestionFilter filter_;
  const std::function<bool(const DnsQuestion&)> may_be_decided_later_;
  std::vector<IpAddress> servers_;
  const uint16_t server_port_;
  const std::chrono::milliseconds timeout_;
  std::vector<LoopbackSocket> sockets_;
  UniqueFd epoll_;
  UniqueFd stop_;
  std::atomic<bool> drains_ = false;  // at the end
  UniqueFd decided_;                  // an eventfd: the user has answered something
  // The rest belongs to the broker's thread.
  uint64_t next_serial_ = 1;
  std::map<uint64_t, Pending> pending_;
  std::map<uint64_t, DnsStreamClient> connections_;
  HeldQuestions held_;
  std::thread thread_;
};

absl::Status BrokerImpl::Open() {
  for (bool is_stream : {false, true}) {
    for (int family : {AF_INET, AF_INET6}) {
      absl::StatusOr<LoopbackSocket> opened = OpenLoopback(family, is_stream);
      if (!opened.ok() && family == AF_INET) return opened.status();
      if (opened.ok()) sockets_.push_back(*std::move(opened));  // IPv6 may be switched off
    }
  }
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  stop_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  decided_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_.valid() || !stop_.valid() || !decided_.valid()) {
    return LastErrnoStatus("DNS broker: epoll");
  }
  bool watched = Watch(EPOLL_CTL_ADD, stop_.get(), Tag(Source::kStop, 0), EPOLLIN) &&
                 Watch(EPOLL_CTL_ADD, decided_.get(), Tag(Source::kDecided, 0), EPOLLIN);
  for (size_t i = 0; i < sockets_.size(); ++i) {
    Source source = sockets_[i].is_stream ? Source::kListener : Source::kDatagrams;
    watched &= Watch(EPOLL_CTL_ADD, sockets_[i].socket.get(), Tag(source, i), EPOLLIN);
  }
  return watched ? absl::OkStatus() : LastErrnoStatus("DNS broker: epoll_ctl");
}

void BrokerImpl::Run() {
  // Signals belong to the loop's thread; the new thread inherits this mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Loop(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void BrokerImpl::Stop() {
  if (!thread_.joinable()) return;
  Raise(stop_);
  thread_.join();
}

bool BrokerImpl::AddressFor(int family, bool is_stream, sockaddr_storage& address,
                            socklen_t& length) const {
  const LoopbackSocket* v4 = nullptr;
  for (const LoopbackSocket& candidate : sockets_) {
    if (candidate.is_stream != is_stream) continue;
    if (candidate.family == family) {
      address = candidate.address.storage;
      length = candidate.address.length;
      return true;
    }
    if (candidate.family == AF_INET) v4 = &candidate;
  }
  if (family != AF_INET6 || v4 == nullptr) return false;
  // An IPv6 socket reaches an IPv4 listener by the mapped address.
  SocketAddress decoded;
  if (DecodeSocketAddress(v4->address, decoded) != 0) return false;
  InetAddress mapped = std::get<InetAddress>(decoded);
  mapped.as_v6 = true;
  RawSocketAddress raw = EncodeInetAddress(mapped);
  address = raw.storage;
  length = raw.length;
  return true;
}

bool BrokerImpl::Watch(int operation, int fd, uint64_t tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

int BrokerImpl::MillisecondsToNextDeadline() const {
  auto next = held_.NextDeadline();
  for (const auto& [serial, pending] : pending_) next = std::min(next, pending.exchange.deadline());
  for (const auto& [serial, connection] : connections_) next = std::min(next, connection.deadline);
  if (next == Clock::time_point::max()) return -1;
  auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60000));
}

void BrokerImpl::Loop() {
  std::array<epoll_event, 64> events;
  while (true) {
    int count =
        epoll_wait(epoll_.get(), events.data(), events.size(), MillisecondsToNextDeadline());
    if (count < 0 && errno != EINTR) return;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (SourceOf(event.data.u64) == Source::kStop) return Drain();
      Dispatch(event);
    }
    ExpireDeadlines();
  }
}

void BrokerImpl::Drain() {
  // A client that is gone can have sent no more than its sockets hold.
  constexpr int kMostRounds = 4096;
  if (!drains_ || epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stop_.get(), nullptr) != 0) return;
  std::array<epoll_event, 64> events;
  for (int round = 0; round < kMostRounds; ++round) {
    const int count = epoll_wait(epoll_.get(), events.data(), events.size(), 0);
    if (count <= 0) return;
    for (int i = 0; i < count; ++i) Dispatch(events[static_cast<size_t>(i)]);
  }
}

void BrokerImpl::Dispatch(const epoll_event& event) {
  uint64_t serial = SerialOf(event.data.u64);
  switch (SourceOf(event.data.u64)) {
    case Source::kStop:
      return;
    case Source::kDecided:
      return SettleHeld();
    case Source::kDatagrams:
      return ReceiveDatagrams(serial);
    case Source::kListener:
      return Accept(serial);
    case Source::kConnection:
      return OnConnection(serial, event.events);
    case Source::kExchange: {
      // An earlier event of the same round may have ended it.
      auto entry = pending_.find(serial);
      if (entry == pending_.end()) return;
      int previous_fd = entry->second.exchange.fd();
      OnExchange(serial, entry->second.exchange.OnEvent(Clock::now()), previous_fd);
      return;
    }
  }
}

void BrokerImpl::ReceiveDatagrams(size_t listener) {
  DnsBytes buffer(kMaximumQuery);
  for (int i = 0; i < kDatagramsPerEvent; ++i) {
    DnsOrigin origin;
    origin.listener = listener;
    origin.client.length = sizeof(origin.client.storage);
    ssize_t size = recvfrom(sockets_[listener].socket.get(), buffer.data(), buffer.size(),
                            MSG_DONTWAIT, origin.client.get(), &origin.client.length);
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) continue;  // the error of an earlier answer (ECONNREFUSED)
    std::optional<uint64_t> client = clients_.Find(false, PortOf(origin.client));
    if (!client.has_value()) continue;
    OnQuestion(DnsBytes(buffer.begin(), buffer.begin() + size), *client, origin);
  }
}

void BrokerImpl::Accept(size_t listener) {
  RawSocketAddress peer;
  peer.length = sizeof(peer.storage);
  UniqueFd socket(accept4(sockets_[listener].socket.get(), peer.get(), &peer.length,
                          SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid() || connections_.size() >= kMaximumConnections) return;
  uint64_t serial = next_serial_++;
  if (!Watch(EPOLL_CTL_ADD, socket.get(), Tag(Source::kConnection, serial), EPOLLIN)) return;
  connections_.emplace(
      serial, DnsStreamClient(std::move(socket), PortOf(peer), Clock::now() + kIdleConnection));
}

void BrokerImpl::OnConnection(uint64_t serial, uint32_t events) {
  auto entry = connections_.find(serial);
  if (entry == connections_.end()) return;
  DnsStreamClient& connection = entry->second;
  if ((events & EPOLLOUT) != 0 && !connection.Flush()) return CloseConnection(serial);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !connection.Receive()) {
    return CloseConnection(serial);
  }
  connection.deadline = Clock::now() + kIdleConnection;
  while (std::optional<DnsBytes> message = connection.NextMessage()) {
    // Looked up now, not when accepting: the port is registered once the connect has returned.
    std::optional<uint64_t> client = clients_.Find(true, connection.peer_port());
    if (!client.has_value()) return CloseConnection(serial);
    DnsOrigin origin;
    origin.connection = serial;
    OnQuestion(*message, *client, origin);
    if (!connections_.contains(serial)) return;
  }
  Watch(EPOLL_CTL_MOD, connection.fd(), Tag(Source::kConnection, serial),
        connection.wants_to_write() ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void BrokerImpl::OnQuestion(const DnsBytes& message, uint64_t client, const DnsOrigin& origin) {
  absl::StatusOr<DnsQuery> query = ParseDnsQuery(message);
  if (query.ok()) {
    return Settle({*std::move(query), client, origin, Clock::now() + HeldQuestions::kLongest});
  }
  if (origin.connection != 0) CloseConnection(origin.connection);
}

void BrokerImpl::Settle(HeldQuestion question) {
  const DnsQuery& query = question.query;
  std::optional<DnsQuestionFilter::LocalAnswer> local =
      filter_.AnswerLocally(query, question.client);
  if (!local.has_value()) return Forward(query, question.origin);
  const bool is_asked_about = local->is_refusal && may_be_decided_later_ &&
                              may_be_decided_later_({question.client, query.name, query.type});
  if (!is_asked_about) return Reply(question.origin, query, local->message);
  if (!held_.Hold(question)) Refuse(question);
}

void BrokerImpl::SettleHeld() {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t size = read(decided_.get(), &count, sizeof(count));
  for (HeldQuestion& question : held_.TakeAll()) {
    if (question.origin.connection == 0 || connections_.contains(question.origin.connection)) {
      Settle(std::move(question));
    }
  }
}

void BrokerImpl::Forward(const DnsQuery& query, const DnsOrigin& origin) {
  if (pending_.size() >= kMaximumPending) {
    return Reply(origin, query, BuildDnsResponse(query, DnsResponseCode::kServerFailure));
  }
  uint64_t serial = next_serial_++;
  DnsExchange exchange(query, origin.connection != 0, servers_, server_port_, timeout_);
  auto entry = pending_.emplace(serial, Pending{std::move(exchange), origin}).first;
  OnExchange(serial, entry->second.exchange.Start(Clock::now()), -1);
}

void BrokerImpl::OnExchange(uint64_t serial, DnsExchange::State state, int previous_fd) {
  auto entry = pending_.find(serial);
  DnsExchange& exchange = entry->second.exchange;
  if (state == DnsExchange::State::kWaiting) {
    // A closed socket leaves the epoll set by itself, and the new one may have the same number.
    uint64_t tag = Tag(Source::kExchange, serial);
    bool watched = (exchange.fd() == previous_fd &&
                    Watch(EPOLL_CTL_MOD, exchange.fd(), tag, exchange.events())) ||
                   Watch(EPOLL_CTL_ADD, exchange.fd(), tag, exchange.events());
    if (watched) return;
    state = DnsExchange::State::kFailed;
  }
  Pending finished = std::move(entry->second);
  pending_.erase(entry);
  const DnsQuery& query = finished.exchange.query();
  if (state == DnsExchange::State::kFailed) {
    return Reply(finished.origin, query, BuildDnsResponse(query, DnsResponseCode::kServerFailure));
  }
  // Entered before the client can see the answer: its connect may follow at once.
  const DnsAnswer& answer = finished.exchange.answer();
  book_.AddAnswer(query.name, answer.addresses, std::chrono::seconds(answer.ttl));
  Reply(finished.origin, query, finished.exchange.message());
}

void BrokerImpl::ExpireDeadlines() {
  Clock::time_point now = Clock::now();
  std::vector<uint64_t> expired;
  for (const auto& [serial, pending] : pending_) {
    if (pending.exchange.deadline() <= now) expired.push_back(serial);
  }
  for (uint64_t serial : expired) {
    DnsExchange& exchange = pending_.at(serial).exchange;
    int previous_fd = exchange.fd();
    OnExchange(serial, exchange.OnDeadline(now), previous_fd);
  }
  for (const HeldQuestion& question : held_.TakeOverdue(now)) Refuse(question);
  for (auto& [serial, connection] : connections_) {
    if (held_.HoldsFor(serial)) connection.deadline = now + kIdleConnection;
  }
  std::erase_if(connections_, [now](const auto& entry) { return entry.second.deadline <= now; });
}

void BrokerImpl::Reply(const DnsOrigin& origin, const DnsQuery& query, const DnsBytes& message) {
  if (origin.connection != 0) {
    auto entry = connections_.find(origin.connection);
    if (entry == connections_.end()) return;
    if (!entry->second.Send(message)) return CloseConnection(origin.connection);
    if (entry->second.wants_to_write()) {
      Watch(EPOLL_CTL_MOD, entry->second.fd(), Tag(Source::kConnection, origin.connection),
            EPOLLIN | EPOLLOUT);
    }
    return;
  }
  size_t limit = std::max<size_t>(kPlainUdpAnswer, query.has_edns ? query.edns_payload : 0);
  DnsBytes reply = message;
  if (reply.size() > limit) {
    reply = BuildDnsResponse(query, DnsResponseCode::kNoError);
    reply[2] |= kTruncatedBit;  // the client asks again by TCP
  }
  // A client that went away or whose buffer is full asks again.
  [[maybe_unused]] ssize_t sent =
      sendto(sockets_[origin.listener].socket.get(), reply.data(), reply.size(),
             MSG_DONTWAIT | MSG_NOSIGNAL, origin.client.get(), origin.client.length);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DnsBroker>> DnsBroker::Start(Options options) {
  auto broker = std::make_unique<BrokerImpl>(std::move(options));
  absl::Status status = broker->Open();
  if (!status.ok()) return status;
  broker->Run();
  return std::unique_ptr<DnsBroker>(std::move(broker));
}

}  // namespace safe_trace
