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
enum class Source : uint64_t { kStop, kDatagrams, kListener, kConnection, kExchange };
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

class BrokerImpl final : public DnsBroker {
 public:
  explicit BrokerImpl(Options options)
      : filter_(std::move(options.decide), std::move(options.static_names), book_),
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
  std::vector<std::string> NamesOf(const IpAddress& address) const override {
    return book_.NamesOf(address);
  }

 private:
  struct Pending {
    DnsExchange exchange;
    uint64_t connection = 0;  // serial of the stream client; 0 for datagrams
    size_t listener = 0;      // index of the datagram socket to answer from
    RawSocketAddress client;  // where a datagram came from
  };

  void Stop();
  void Loop();
  void Watch(int operation, int fd, uint64_t tag, uint32_t events);
  int MillisecondsToNextDeadline() const;
  void Dispatch(const epoll_event& event);
  void ReceiveQueries(size_t listener);
  void Accept(size_t listener);
  void OnConnection(uint64_t serial, uint32_t events);
  void Handle(const DnsBytes& message, Pending&& origin_of, uint16_t port, bool is_stream);
  void OnExchange(uint64_t serial, DnsExchange::State state, int previous_fd);
  void ExpireDeadlines();
  void Reply(uint64_t connection, size_t listener, const RawSocketAddress& client,
             const DnsQuery& query, DnsBytes message);
  void CloseConnection(uint64_t serial);
  void UpdateInterest(uint64_t serial, const DnsStreamClient& connection);

  AddressBook book_;
  DnsClientTable clients_;
  const DnsQuestionFilter filter_;
  std::vector<IpAddress> servers_;
  const uint16_t server_port_;
  const std::chrono::milliseconds timeout_;
  std::vector<LoopbackSocket> sockets_;
  UniqueFd epoll_;
  UniqueFd stop_;
  uint64_t next_serial_ = 1;
  std::map<uint64_t, Pending> pending_;
  std::map<uint64_t, DnsStreamClient> connections_;
  std::thread thread_;
};

}  // namespace
}  // namespace safe_trace
