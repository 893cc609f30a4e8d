#include <fcntl.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"
#include "tracer/network/relay_gate.h"
#include "tracer/relay/relay.h"

namespace safe_trace {
namespace {

using testing::Inet;
using testing::Listen;
using testing::Listener;

const std::string kRequest = "GET / HTTP/1.1\r\nHost: good.example\r\n\r\n";

// The handlers with a relay behind them.
class RelayedConnectTest : public testing::HandlerTest {
 protected:
  RelayedConnectTest() {
    auto rules = std::make_unique<testing::FakeRules>();
    rules_ = rules.get();
    rules_->network = [](const Subject&, const NetworkRequest&) { return true; };
    rules_->stream = [](const Subject&, const StreamRequest& request) {
      return request.claim.name == "good.example";
    };
    gate_ = std::make_unique<RelayGate>(*rules_, RelayGate::Options{});
    auto relay = Relay::Create(*gate_);
    EXPECT_TRUE(relay.ok());
    relay_ = *std::move(relay);
    handlers_ =
        std::make_unique<NetworkHandlers>(std::move(rules), memory_, broker_, listeners_, reporter_,
                                          nullptr, RelayParts{relay_.get(), gate_.get()});
    SetRole(Role::kManager);
  }
  ~RelayedConnectTest() override { relay_.reset(); }

  static UniqueFd Client(int flags = 0, int family = AF_INET) {
    UniqueFd client(socket(family, SOCK_STREAM | flags, 0));
    const timeval limit{20, 0};
    setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return client;
  }
  static UniqueFd Accept(const Listener& server) {
    pollfd ready{server.fd.get(), POLLIN, 0};
    EXPECT_EQ(poll(&ready, 1, 10000), 1);
    UniqueFd accepted(accept(server.fd.get(), nullptr, nullptr));
    const timeval limit{20, 0};
    setsockopt(accepted.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return accepted;
  }
  int64_t Ask(int number, int fd, RawSocketAddress& name) {
    name.length = sizeof(name.storage);
    SyscallAction action = Call(number, {U(fd), A(&name.storage), A(&name.length)});
    if (std::holds_alternative<Continue>(action)) return 1;
    return Run(std::move(action));
  }
  static void ExpectCarries(int client, int server) {
    ASSERT_GT(send(client, kRequest.data(), kRequest.size(), 0), 0);
    std::string got(kRequest.size(), '\0');
    EXPECT_EQ(recv(server, got.data(), got.size(), MSG_WAITALL),
              static_cast<ssize_t>(kRequest.size()));
    EXPECT_EQ(got, kRequest);
    ASSERT_EQ(send(server, "answer", 6, 0), 6);
    char answer[8] = {};
    pollfd ready{client, POLLIN, 0};
    EXPECT_EQ(poll(&ready, 1, 10000), 1);
    EXPECT_EQ(recv(client, answer, sizeof(answer), 0), 6);
  }
  static int ErrorOf(int socket) {
    int error = 0;
    socklen_t size = sizeof(error);
    EXPECT_EQ(getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    return error;
  }

  std::unique_ptr<RelayGate> gate_;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayedConnectTest, ABlockingClientTalksToItsHost) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd client = Client();
  ASSERT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port)), 0);
  UniqueFd host = Accept(server);
  ExpectCarries(client.get(), host.get());
  EXPECT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port)), -EISCONN);
}

TEST_F(RelayedConnectTest, ANonBlockingClientTalksToItsHostAndKeepsItsFlags) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd client = Client(SOCK_NONBLOCK);
  ASSERT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port)), -EINPROGRESS);
  pollfd ready{client.get(), POLLOUT, 0};
  ASSERT_EQ(poll(&ready, 1, 10000), 1);
  EXPECT_EQ(ErrorOf(client.get()), 0);
  UniqueFd host = Accept(server);
  ExpectCarries(client.get(), host.get());
  EXPECT_NE(fcntl(client.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(RelayedConnectTest, AClientOfTheOtherFamilyTalksToItsHost) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd client = Client(0, AF_INET6);
  ASSERT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port, true)), 0);
  UniqueFd host = Accept(server);
  ExpectCarries(client.get(), host.get());
}

TEST_F(RelayedConnectTest, ARefusalIsTheHosts) {
  UniqueFd blocking = Client(), other = Client(SOCK_NONBLOCK);
  EXPECT_EQ(Connect(blocking.get(), Inet("127.0.0.1", 1)), -ECONNREFUSED);
  ASSERT_EQ(Connect(other.get(), Inet("127.0.0.1", 1)), -EINPROGRESS);
  pollfd ready{other.get(), POLLOUT, 0};
  ASSERT_EQ(poll(&ready, 1, 10000), 1);
  EXPECT_EQ(ErrorOf(other.get()), ECONNREFUSED);
}

TEST_F(RelayedConnectTest, TheClientSeesItsHostAndNotTheRelay) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd client = Client();
  ASSERT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port)), 0);
  UniqueFd host = Accept(server);
  RawSocketAddress peer, local;
  ASSERT_EQ(Ask(SYS_getpeername, client.get(), peer), 0);
  ASSERT_EQ(Ask(SYS_getsockname, client.get(), local), 0);
  SocketAddress decoded;
  ASSERT_EQ(DecodeSocketAddress(peer, decoded), 0);
  EXPECT_EQ(std::get<InetAddress>(decoded).port, server.port);
  // What the host sees as its peer is what the client sees as itself.
  RawSocketAddress seen;
  seen.length = sizeof(seen.storage);
  ASSERT_EQ(getpeername(host.get(), seen.get(), &seen.length), 0);
  ASSERT_EQ(DecodeSocketAddress(seen, decoded), 0);
  const uint16_t port = std::get<InetAddress>(decoded).port;
  ASSERT_EQ(DecodeSocketAddress(local, decoded), 0);
  EXPECT_EQ(std::get<InetAddress>(decoded).port, port);
  // Every other socket is the kernel's business.
  UniqueFd fresh = Client();
  EXPECT_EQ(Ask(SYS_getpeername, fresh.get(), peer), 1);
}

TEST_F(RelayedConnectTest, AWrongNameIsCutAndReported) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd client = Client();
  ASSERT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port)), 0);
  UniqueFd host = Accept(server);
  const std::string request = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
  ASSERT_GT(send(client.get(), request.data(), request.size(), 0), 0);
  char byte = 0;
  EXPECT_LE(recv(host.get(), &byte, 1, 0), 0);
  EXPECT_EQ(recv(client.get(), &byte, 1, 0), -1);
  relay_->Finish(std::chrono::seconds(10));
  gate_->Flush(reporter_);
  ASSERT_EQ(reporter_.decisions.size(), 1u);
  EXPECT_EQ(testing::Field(reporter_.decisions[0].event, "url.domain"), "evil.example");
}

// Nobody answers at this address: the queue of the listener is full.
TEST_F(RelayedConnectTest, AnInterruptedConnectGoesOn) {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM, 0));
  RawSocketAddress name = Inet("127.0.0.1", 0);
  ASSERT_EQ(bind(listener.get(), name.get(), name.length), 0);
  ASSERT_EQ(listen(listener.get(), 0), 0);
  ASSERT_TRUE(LocalAddress(listener.get(), name));
  std::vector<UniqueFd> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(Client(SOCK_NONBLOCK));
    connect(fillers.back().get(), name.get(), name.length);
  }
  UniqueFd client = Client();
  int checks = 0;
  EXPECT_EQ(Run(Call(SYS_connect, {U(client.get()), A(&name.storage), name.length}),
                [&] { return ++checks > 2; }),
            -EINTR);
  // Room is made: the connect that goes on is answered when its SYN is repeated.
  for (int i = 0; i < 2; ++i) UniqueFd(accept(listener.get(), nullptr, nullptr));
  pollfd ready{client.get(), POLLOUT, 0};
  ASSERT_EQ(poll(&ready, 1, 20000), 1);
  EXPECT_EQ(ErrorOf(client.get()), 0);
}

TEST_F(RelayedConnectTest, AHostThatIsDirectIsNotRelayed) {
  rules_->direct = true;
  Listener server = Listen(SOCK_STREAM);
  UniqueFd client = Client();
  ASSERT_EQ(Connect(client.get(), Inet("127.0.0.1", server.port)), 0);
  EXPECT_FALSE(gate_->HasConnections());
  UniqueFd host = Accept(server);
  ASSERT_EQ(send(client.get(), "\x05", 1, 0), 1);
  char byte = 0;
  EXPECT_EQ(recv(host.get(), &byte, 1, 0), 1);
}

TEST_F(RelayedConnectTest, WhatManagersSendToAHostIsLimited) {
  RelayGate gate(*rules_, RelayGate::Options{.outward_limit = 100});
  SetRole(Role::kManager);
  Call(SYS_getpeername, {U(-1), 0, 0});  // makes the process known
  RelayedConnection connection;
  connection.matter = DescribeUnix("connect", "");
  connection.matter.names = {"good.example"};
  const uint64_t first = gate.Register(process_, connection);
  connection.inode = 2;
  const uint64_t second = gate.Register(process_, connection);
  EXPECT_TRUE(gate.MaySend(first, 60));
  EXPECT_FALSE(gate.MaySend(second, 60));
  SetRole(Role::kCommand);
  connection.inode = 3;
  EXPECT_TRUE(gate.MaySend(gate.Register(process_, connection), 600));
  gate.Flush(reporter_);
  ASSERT_EQ(reporter_.decisions.size(), 1u);
  EXPECT_EQ(reporter_.decisions[0].decision.rule->id, "network.outward-limit");
}

}  // namespace
}  // namespace safe_trace
