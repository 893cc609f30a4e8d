#include "tracer/relay/relay.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "tracer/relay/eager_poll.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// What an epoll event is about: a connection's number, which begins at 1, and which side of it.
constexpr uint64_t kWakeTag = 0;
constexpr uint64_t ClientTag(uint64_t id) { return id << 1; }
constexpr uint64_t HostTag(uint64_t id) { return id << 1 | 1; }
constexpr uint64_t IdOf(uint64_t tag) { return tag >> 1; }
constexpr bool IsHost(uint64_t tag) { return (tag & 1) != 0; }

constexpr size_t kMaximumConnections = 16384;
constexpr int kHesitationCheck = 100;  // milliseconds
// For everything but the relay's own sockets.
constexpr size_t kReservedDescriptors = 512;
constexpr size_t kDescriptorsPerConnection = 3;

// The supervisor's own limit. Not before the first connection: the command would inherit it.
size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  constexpr rlim_t kWanted = kMaximumConnections * kDescriptorsPerConnection + kReservedDescriptors;
  if (limit.rlim_cur < kWanted) {
    rlimit raised{std::min(kWanted, limit.rlim_max), limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur <= kReservedDescriptors) return 0;
  return std::min<size_t>(kMaximumConnections,
                          (limit.rlim_cur - kReservedDescriptors) / kDescriptorsPerConnection);
}

int PendingError(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void BlockAllSignals() {
  sigset_t signals;
  sigfillset(&signals);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Relay>> Relay::Create(RelayWatcher& watcher) {
  std::unique_ptr<Relay> relay(new Relay(watcher));
  relay->epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!relay->epoll_.valid()) return LastErrnoStatus("relay: epoll");
  relay->wake_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!relay->wake_.valid()) return LastErrnoStatus("relay: eventfd");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeTag;
  if (epoll_ctl(relay->epoll_.get(), EPOLL_CTL_ADD, relay->wake_.get(), &event) != 0) {
    return LastErrnoStatus("relay: epoll_ctl");
  }
  return relay;
}

Relay::~Relay() {
  stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
}

bool Relay::HasRoom() {
  std::call_once(limit_raised_, [this] { maximum_ = RaiseDescriptorLimit(); });
  return count_.load() < maximum_;
}

void Relay::Adopt(uint64_t id, UniqueFd client_end, UniqueFd host) {
  Push({id, std::move(client_end), std::move(host), nullptr});
}

void Relay::Await(uint64_t id, UniqueFd client, WaitingStandIn stand_in, UniqueFd host) {
  auto waiting = std::make_unique<Waiting>();
  waiting->client = std::move(client);
  waiting->stand_in = std::move(stand_in);
  waiting->host = std::move(host);
  Push({id, UniqueFd(), UniqueFd(), std::move(waiting)});
}

void Relay::Push(Arrival arrival) {
  ++count_;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    arrivals_.push_back(std::move(arrival));
    if (!thread_.joinable()) {
      // The new thread has every signal blocked from its first instruction on.
      sigset_t all, before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
      thread_ = std::thread([this] { Run(); });
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
  }
  Wake();
}

void Relay::Wake() {
  const uint64_t one = 1;
  // Fails only where the counter is full, and then the thread is awake anyway.
  [[maybe_unused]] ssize_t written = write(wake_.get(), &one, sizeof(one));
}

void Relay::Finish(std::chrono::milliseconds patience) {
  finishing_ = true;
  Wake();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (count_.load() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  stopping_ = true;
  Wake();
  if (thread_.joinable()) thread_.join();
}

bool Relay::Watch(int fd, uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Relay::Run() {
  BlockAllSignals();
  std::array<epoll_event, 128> ready{};
  EagerPoll poll;
  while (!stopping_) {
    const int wait = !unfinished_.empty() ? 0 : hesitating_.empty() ? -1 : kHesitationCheck;
    const int count = poll.Wait(epoll_.get(), ready, wait);
    std::map<uint64_t, RelayConnection::Events> turns;
    for (const uint64_t id : std::exchange(unfinished_, {})) turns[id].all = true;
    for (const uint64_t id : hesitating_) turns[id].all = true;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = ready[static_cast<size_t>(i)];
      const uint64_t tag = event.data.u64;
      if (tag == kWakeTag) {
        uint64_t value = 0;
        [[maybe_unused]] ssize_t size = read(wake_.get(), &value, sizeof(value));
      } else {
        RelayConnection::Events& events = turns[IdOf(tag)];
        (IsHost(tag) ? events.host : events.client) |= event.events;
      }
    }
    TakeArrivals();
    for (const auto& [id, events] : turns) Turn(id, events);
    if (finishing_) CloseDelivered();
  }
  while (!connections_.empty()) End(connections_.begin()->first, false);
  waiting_.clear();
}

void Relay::TakeArrivals() {
  std::vector<Arrival> arrivals;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    arrivals.swap(arrivals_);
  }
  for (Arrival& arrival : arrivals) {
    if (arrival.waiting == nullptr) {
      Begin(arrival.id, std::move(arrival.client_end), std::move(arrival.host));
      continue;
    }
    const int host = arrival.waiting->host.get();
    waiting_[arrival.id] = std::move(arrival.waiting);
    // Edge-triggered: what is ready already is reported once.
    if (!Watch(host, HostTag(arrival.id))) OnWaiting(arrival.id);
  }
}

void Relay::Begin(uint64_t id, UniqueFd client_end, UniqueFd host) {
  auto connection = std::make_unique<RelayConnection>(id, std::move(client_end), std::move(host),
                                                      watcher_, pipes_);
  // Of one that was waited for the host is watched already.
  const bool watched = Watch(connection->client(), ClientTag(id)) &&
                       (Watch(connection->host(), HostTag(id)) || errno == EEXIST);
  connections_[id] = std::move(connection);
  if (!watched) return End(id, false);
  Turn(id, {.client = 0, .host = 0, .all = true});
}

// The host answered, or will not.
void Relay::OnWaiting(uint64_t id) {
  auto entry = waiting_.find(id);
  std::unique_ptr<Waiting> waiting = std::move(entry->second);
  const int error = PendingError(waiting->host.get());
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  if (error == 0 &&
      getpeername(waiting->host.get(), reinterpret_cast<sockaddr*>(&peer), &length) != 0) {
    entry->second = std::move(waiting);  // still connecting
    return;
  }
  waiting_.erase(entry);
  UniqueFd client_end;
  if (error == 0) client_end = waiting->stand_in.Complete(waiting->client.get());
  if (client_end.valid()) {
    return Begin(id, std::move(client_end), std::move(waiting->host));
  }
  // After a timeout the client's own connect, begun at the same moment, times out by itself.
  if (error != 0 && error != ETIMEDOUT) waiting->stand_in.Refuse(waiting->client.get());
  if (error != 0) watcher_.Unreachable(id, error);
  watcher_.Ended(id, {});
  --count_;
}

void Relay::Turn(uint64_t id, RelayConnection::Events events) {
  if (waiting_.contains(id)) return OnWaiting(id);
  auto entry = connections_.find(id);
  if (entry == connections_.end()) return;
  switch (entry->second->Turn(events)) {
    case PumpState::kMore:
      unfinished_.push_back(id);
      return;
    case PumpState::kBlocked:
      if (entry->second->Hesitates()) {
        hesitating_.insert(id);
      } else {
        hesitating_.erase(id);
      }
      return;
    case PumpState::kDone:
      return End(id, true);
    case PumpState::kBroken:
      return End(id, false);
  }
}

void Relay::End(uint64_t id, bool completed) {
  auto entry = connections_.find(id);
  std::unique_ptr<RelayConnection> connection = std::move(entry->second);
  connections_.erase(entry);
  hesitating_.erase(id);
  connection->Close(completed);
  watcher_.Ended(id, connection->flow());
  --count_;
}

// Nobody is left to read what hosts would still send.
void Relay::CloseDelivered() {
  std::vector<uint64_t> delivered;
  for (const auto& [id, connection] : connections_) {
    if (connection->Delivered()) delivered.push_back(id);
  }
  for (const uint64_t id : delivered) End(id, true);
  for (const auto& [id, waiting] : waiting_) watcher_.Ended(id, {});
  count_ -= waiting_.size();
  waiting_.clear();
}

}  // namespace safe_trace
