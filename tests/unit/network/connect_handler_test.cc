#include <fcntl.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"

namespace safe_trace {
namespace {

using testing::Field;
using testing::Inet;
using testing::Ip;
using testing::Listen;
using testing::Listener;
using testing::SocketInode;

class ConnectHandlerTest : public testing::HandlerTest {
 protected:
  static UniqueFd Socket(int family, int type) { return UniqueFd(socket(family, type, 0)); }
  void AllowAll() {
    rules_->network = [](const Subject&, const NetworkRequest&) { return true; };
  }
  // A listener whose queue is full takes nobody: further connects wait.
  static std::vector<UniqueFd> FillQueue(const RawSocketAddress& address) {
    std::vector<UniqueFd> fillers;
    for (int i = 0; i < 4; ++i) {
      fillers.push_back(Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK));
      connect(fillers.back().get(), address.get(), address.length);
    }
    return fillers;
  }
  static uint16_t PeerPort(int fd) {
    RawSocketAddress raw;
    raw.length = sizeof(raw.storage);
    if (getpeername(fd, raw.get(), &raw.length) != 0) return 0;
    SocketAddress address;
    EXPECT_EQ(DecodeSocketAddress(raw, address), 0);
    return std::get<InetAddress>(address).port;
  }
};

TEST_F(ConnectHandlerTest, ErrorsOfTheArgumentsAreTheKernels) {
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  RawSocketAddress address = Inet("127.0.0.1", 1);
  UniqueFd file(open("/dev/null", O_RDONLY));
  EXPECT_EQ(Connect(-1, address), -EBADF);
  EXPECT_EQ(Connect(9999, address), -EBADF);
  EXPECT_EQ(Connect(file.get(), address), -ENOTSOCK);
  EXPECT_EQ(Run(Call(SYS_connect, {U(stream.get()), 1, 16})), -EFAULT);
  EXPECT_EQ(Run(Call(SYS_connect, {U(stream.get()), A(&address.storage), U(-1)})), -EINVAL);
  EXPECT_EQ(Connect(stream.get(), EncodeUnixPath("/x")), -EAFNOSUPPORT);
}

TEST_F(ConnectHandlerTest, AnAllowedStreamIsConnectedOnTheCallersSocket) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  AllowAll();
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", server.port)), 0);
  EXPECT_EQ(PeerPort(stream.get()), server.port);
  EXPECT_TRUE(was_deferred_);
  ASSERT_EQ(reporter_.events.size(), 1U);
  EXPECT_EQ(Field(reporter_.events[0], "destination.ip"), "127.0.0.1");
  EXPECT_EQ(Field(reporter_.events[0], "network.transport"), "tcp");
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", server.port)), -EISCONN);
}

TEST_F(ConnectHandlerTest, ANonBlockingStreamIsConnectedAtOnceAndKeepsItsFlags) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  AllowAll();
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", server.port)), -EINPROGRESS);
  EXPECT_FALSE(was_deferred_);
  pollfd watched{stream.get(), POLLOUT, 0};
  ASSERT_EQ(poll(&watched, 1, 5000), 1);
  EXPECT_EQ(PeerPort(stream.get()), server.port);
  EXPECT_NE(fcntl(stream.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ConnectHandlerTest, ARefusedDestinationIsReportedAndNothingIsSent) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  broker_.names[Ip("127.0.0.1")] = {"evil.example"};
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", server.port)), -EACCES);
  EXPECT_EQ(PeerPort(stream.get()), 0);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  const auto& line = reporter_.decisions[0];
  EXPECT_EQ(Field(line.event, "destination.domain"), "evil.example");
  EXPECT_EQ(Field(line.event, "destination.port"), std::to_string(server.port));
  EXPECT_EQ(line.how_to_allow, "--allow-host evil.example:" + std::to_string(server.port));
  pollfd watched{server.fd.get(), POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 0), 0);
}

TEST_F(ConnectHandlerTest, DisguisedLoopbackIsDecidedOnAsLoopback) {
  std::vector<std::string> seen;
  rules_->network = [&](const Subject&, const NetworkRequest& request) {
    seen.push_back(request.address.ToString());
    return false;
  };
  UniqueFd v6 = Socket(AF_INET6, SOCK_STREAM);
  UniqueFd v4 = Socket(AF_INET, SOCK_STREAM);
  Connect(v6.get(), Inet("127.0.0.1", 80, /*as_v6=*/true));
  Connect(v6.get(), Inet("0.0.0.0", 80, /*as_v6=*/true));
  Connect(v6.get(), Inet("::", 80));
  Connect(v4.get(), Inet("0.0.0.0", 80));
  EXPECT_THAT(seen, ::testing::ElementsAre("127.0.0.1", "127.0.0.1", "::1", "127.0.0.1"));
}

TEST_F(ConnectHandlerTest, WhatWasDecidedIsWhatIsConnectedThoughTheMemoryChanges) {
  Listener allowed = Listen(SOCK_STREAM);
  Listener forbidden = Listen(SOCK_STREAM);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  rules_->network = [&](const Subject&, const NetworkRequest& request) {
    return request.port == allowed.port;
  };
  RawSocketAddress address = Inet("127.0.0.1", allowed.port);
  RawSocketAddress other = Inet("127.0.0.1", forbidden.port);
  memory_.after_read = [&](uint64_t) { address = other; };
  EXPECT_EQ(Connect(stream.get(), address), -EINPROGRESS);
  pollfd watched{stream.get(), POLLOUT, 0};
  ASSERT_EQ(poll(&watched, 1, 5000), 1);
  EXPECT_EQ(PeerPort(stream.get()), allowed.port);
}

TEST_F(ConnectHandlerTest, UnspecifiedDissolvesAndTheNextConnectIsDecidedOnAgain) {
  Listener server = Listen(SOCK_DGRAM);
  UniqueFd udp = Socket(AF_INET, SOCK_DGRAM);
  AllowAll();
  EXPECT_EQ(Connect(udp.get(), Inet("127.0.0.1", server.port)), 0);
  EXPECT_FALSE(was_deferred_);
  EXPECT_EQ(Connect(udp.get(), EncodeFamilyOnly(AF_UNSPEC, 16)), 0);
  EXPECT_EQ(PeerPort(udp.get()), 0);
  rules_->network = nullptr;
  EXPECT_EQ(Connect(udp.get(), Inet("127.0.0.1", server.port)), -EACCES);
}

TEST_F(ConnectHandlerTest, AnyConnectToPort53GoesToTheBrokerAndIsRegistered) {
  Listener broker_udp = Listen(SOCK_DGRAM);
  Listener broker_tcp = Listen(SOCK_STREAM);
  UniqueFd udp = Socket(AF_INET, SOCK_DGRAM);
  UniqueFd tcp = Socket(AF_INET, SOCK_STREAM);
  SetRole(Role::kPackage);
  broker_.addresses[AF_INET] = Inet("127.0.0.1", broker_udp.port);
  EXPECT_EQ(Connect(udp.get(), Inet("192.0.2.53", 53)), 0);
  EXPECT_EQ(PeerPort(udp.get()), broker_udp.port);
  EXPECT_EQ((broker_.clients[{false, LocalPort(udp.get())}]), static_cast<uint64_t>(process_.tgid));
  broker_.addresses[AF_INET] = Inet("127.0.0.1", broker_tcp.port);
  EXPECT_EQ(Connect(tcp.get(), Inet("192.0.2.53", 53)), 0);
  EXPECT_TRUE((broker_.clients.contains({true, LocalPort(tcp.get())})));
}

TEST_F(ConnectHandlerTest, WithoutABrokerForTheFamilyPort53IsRefusedAtOnce) {
  UniqueFd udp = Socket(AF_INET, SOCK_DGRAM);
  EXPECT_EQ(Connect(udp.get(), Inet("192.0.2.53", 53)), -ECONNREFUSED);
  EXPECT_EQ(reporter_.decisions.size(), 1U);
}

TEST_F(ConnectHandlerTest, ABlockedConnectIsGivenUpWhenASignalWaits) {
  Listener server = Listen(SOCK_STREAM, "127.0.0.1", 0);
  RawSocketAddress address = Inet("127.0.0.1", server.port);
  std::vector<UniqueFd> fillers = FillQueue(address);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  AllowAll();
  SyscallAction action = Call(SYS_connect, {U(stream.get()), A(&address.storage), address.length});
  ASSERT_TRUE(std::holds_alternative<Deferred>(action));
  std::atomic<int> polls = 0;
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Run(std::move(action), [&] { return ++polls >= 3; }), -EINTR);
  EXPECT_GE(polls, 3);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(fcntl(stream.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ConnectHandlerTest, AnInterruptedConnectGoesOnAndItsRepetitionReportsTheEnd) {
  Listener server = Listen(SOCK_STREAM, "127.0.0.1", 0);
  RawSocketAddress address = Inet("127.0.0.1", server.port);
  std::vector<UniqueFd> fillers = FillQueue(address);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  AllowAll();
  SyscallAction action = Call(SYS_connect, {U(stream.get()), A(&address.storage), address.length});
  EXPECT_EQ(Run(std::move(action), [] { return true; }), -EINTR);
  fillers.clear();
  // Takes everybody off the queue until the connect has got through, by one of its repetitions.
  pollfd watched{stream.get(), POLLOUT, 0};
  for (int i = 0; i < 300 && poll(&watched, 1, 50) == 0; ++i) {
    UniqueFd taken(accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    pollfd waiting{server.fd.get(), POLLIN, 0};
    while (poll(&waiting, 1, 0) == 1) taken.Reset(accept(server.fd.get(), nullptr, nullptr));
  }
  ASSERT_EQ(PeerPort(stream.get()), server.port);
  EXPECT_EQ(Connect(stream.get(), address), 0);
  EXPECT_EQ(Connect(stream.get(), address), -EISCONN);
}

// The worker pool makes EINTR a restart, which needs a signal that waits for the caller.
TEST_F(ConnectHandlerTest, ASignalToTheSupervisorAloneDoesNotEndAConnect) {
  Listener server = Listen(SOCK_STREAM, "127.0.0.1", 0);
  RawSocketAddress address = Inet("127.0.0.1", server.port);
  std::vector<UniqueFd> fillers = FillQueue(address);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  AllowAll();
  SyscallAction action = Call(SYS_connect, {U(stream.get()), A(&address.storage), address.length});
  sigset_t urgent, before;
  sigemptyset(&urgent);
  sigaddset(&urgent, SIGURG);
  pthread_sigmask(SIG_BLOCK, &urgent, &before);  // so that the connecting thread takes it
  int polls = 0;
  auto interrupted = [&] {
    kill(getpid(), SIGURG);
    return ++polls >= 5;
  };
  EXPECT_EQ(Run(std::move(action), interrupted), -EINTR);
  EXPECT_EQ(polls, 5);
  timespec no_time{};
  sigtimedwait(&urgent, nullptr, &no_time);  // what was not taken
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(ConnectHandlerTest, AnInterruptedConnectToTheBrokerIsStillKnownToIt) {
  Listener broker = Listen(SOCK_STREAM, "127.0.0.1", 0);
  RawSocketAddress address = Inet("127.0.0.1", broker.port);
  std::vector<UniqueFd> fillers = FillQueue(address);
  broker_.addresses[AF_INET] = address;
  UniqueFd tcp = Socket(AF_INET, SOCK_STREAM);
  RawSocketAddress asked = Inet("192.0.2.53", 53);
  SyscallAction action = Call(SYS_connect, {U(tcp.get()), A(&asked.storage), asked.length});
  EXPECT_EQ(Run(std::move(action), [] { return true; }), -EINTR);
  EXPECT_TRUE((broker_.clients.contains({true, LocalPort(tcp.get())})));
}

TEST_F(ConnectHandlerTest, OwnListenersAreRecognisedAndStrangersAreNot) {
  Listener own = Listen(SOCK_STREAM);
  Listener stranger = Listen(SOCK_STREAM);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  SetRole(Role::kPackage);
  rules_->network = [](const Subject&, const NetworkRequest& request) {
    return request.bound_by_this_run;
  };
  listeners_.AddPort(true, own.port);
  listeners_.AddPort(true, stranger.port);
  listeners_.AddSocket(SocketInode(own.fd.get()));
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", stranger.port)), -EACCES);
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", own.port)), 0);
}

// A port of loopback that was free a moment ago, held by a socket that does not listen.
struct BoundOnly {
  explicit BoundOnly(const char* ip = "127.0.0.1") : fd(socket(AF_INET, SOCK_STREAM, 0)) {
    RawSocketAddress address = Inet(ip, 0);
    EXPECT_EQ(bind(fd.get(), address.get(), address.length), 0);
    port = LocalPort(fd.get());
  }
  UniqueFd fd;
  uint16_t port = 0;
};

TEST_F(ConnectHandlerTest, WhereNothingListensAConnectIsRefusedAsBareAndNoViolation) {
  BoundOnly bound;
  UniqueFd v4 = Socket(AF_INET, SOCK_STREAM);
  UniqueFd polling = Socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  UniqueFd v6 = Socket(AF_INET6, SOCK_STREAM);
  for (Role role : {Role::kPackage, Role::kManager, Role::kProject, Role::kCommand}) {
    SetRole(role);
    EXPECT_EQ(Connect(v4.get(), Inet("127.0.0.1", bound.port)), -ECONNREFUSED);
    EXPECT_EQ(Connect(v4.get(), Inet("127.9.9.9", bound.port)), -ECONNREFUSED);
    EXPECT_EQ(Connect(v4.get(), Inet("0.0.0.0", bound.port)), -ECONNREFUSED);
    EXPECT_EQ(Connect(polling.get(), Inet("127.0.0.1", bound.port)), -ECONNREFUSED);
    if (!v6.valid()) continue;  // no IPv6 here
    EXPECT_EQ(Connect(v6.get(), Inet("::1", bound.port)), -ECONNREFUSED);
    EXPECT_EQ(Connect(v6.get(), Inet("::", bound.port)), -ECONNREFUSED);
    EXPECT_EQ(Connect(v6.get(), Inet("127.0.0.1", bound.port, true)), -ECONNREFUSED);
  }
  EXPECT_FALSE(was_deferred_);
  EXPECT_TRUE(reporter_.decisions.empty());
  ASSERT_FALSE(reporter_.events.empty());
  EXPECT_EQ(reporter_.events[0].outcome, "failure");
  EXPECT_FALSE(reporter_.events[0].is_violation);
  EXPECT_EQ(Field(reporter_.events[0], "destination.port"), std::to_string(bound.port));
}

TEST_F(ConnectHandlerTest, PollingUntilTheOwnServerIsUpSucceedsAndIsOneLineInTheTrace) {
  BoundOnly server;
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  SetRole(Role::kPackage);
  rules_->network = [](const Subject&, const NetworkRequest& request) {
    return request.bound_by_this_run;
  };
  listeners_.AddPort(true, server.port);
  listeners_.AddSocket(SocketInode(server.fd.get()));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", server.port)), -ECONNREFUSED);
  }
  EXPECT_EQ(reporter_.events.size(), 1U);
  ASSERT_EQ(listen(server.fd.get(), 4), 0);
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", server.port)), 0);
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(ConnectHandlerTest, ADatagramConnectWhereNothingIsBoundIsNoViolation) {
  uint16_t port = Listen(SOCK_DGRAM).port;  // closed again
  UniqueFd udp = Socket(AF_INET, SOCK_DGRAM);
  SetRole(Role::kPackage);
  EXPECT_EQ(Connect(udp.get(), Inet("127.0.0.1", port)), -ECONNREFUSED);
  EXPECT_TRUE(reporter_.decisions.empty());
  Listener stranger = Listen(SOCK_DGRAM);
  EXPECT_EQ(Connect(udp.get(), Inet("127.0.0.1", stranger.port)), -EACCES);
  EXPECT_EQ(reporter_.decisions.size(), 1U);
}

TEST_F(ConnectHandlerTest, AStrangersListenerOnEveryAddressIsStillRefused) {
  Listener stranger = Listen(SOCK_STREAM, "0.0.0.0");
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  EXPECT_EQ(Connect(stream.get(), Inet("127.0.0.1", stranger.port)), -EACCES);
  EXPECT_EQ(Connect(stream.get(), Inet("0.0.0.0", stranger.port)), -EACCES);
  EXPECT_EQ(Connect(stream.get(), Inet("169.254.169.254", stranger.port)), -EACCES);
  EXPECT_EQ(reporter_.decisions.size(), 3U);
}

TEST_F(ConnectHandlerTest, AConnectedStreamWhoseListenerIsGoneSaysSo) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd stream = Socket(AF_INET, SOCK_STREAM);
  RawSocketAddress address = Inet("127.0.0.1", server.port);
  ASSERT_EQ(connect(stream.get(), address.get(), address.length), 0);
  UniqueFd accepted(accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  server.fd.Reset();
  EXPECT_EQ(Connect(stream.get(), address), -EISCONN);
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(ConnectHandlerTest, UnsupportedKindsOfSocketsAreRefusedAndReported) {
  UniqueFd vsock(socket(AF_VSOCK, SOCK_STREAM, 0));
  UniqueFd mptcp(socket(AF_INET, SOCK_STREAM, 262));
  AllowAll();
  size_t expected = 0;
  for (const UniqueFd* fd : {&vsock, &mptcp}) {
    if (!fd->valid()) continue;  // the kernel has none
    EXPECT_EQ(Connect(fd->get(), Inet("127.0.0.1", 80)), -EACCES);
    EXPECT_EQ(reporter_.decisions.size(), ++expected);
  }
}

class UnixConnectTest : public ConnectHandlerTest {
 protected:
  UniqueFd ListenAt(const std::string& path) {
    UniqueFd server = Socket(AF_UNIX, SOCK_STREAM);
    RawSocketAddress address = EncodeUnixPath(path);
    EXPECT_EQ(bind(server.get(), address.get(), address.length), 0) << strerror(errno);
    EXPECT_EQ(listen(server.get(), 4), 0);
    return server;
  }
  void AllowUnix(const std::string& name) {
    rules_->unix_socket = [name](const Subject&, const UnixSocketRequest& request) {
      return request.name == name;
    };
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(UnixConnectTest, TheCanonicalPathIsDecidedOn) {
  UniqueFd server = ListenAt(directory_ / "real.sock");
  std::filesystem::create_symlink(directory_ / "real.sock", directory_ / "alias");
  UniqueFd client = Socket(AF_UNIX, SOCK_STREAM);
  AllowUnix(directory_ / "alias");
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "alias")), -EACCES);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_EQ(Field(reporter_.decisions[0].event, "file.path"), directory_ / "real.sock");
  AllowUnix(directory_ / "real.sock");
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "alias")), 0);
}

TEST_F(UnixConnectTest, ALinkExchangedAfterTheDecisionChangesNothing) {
  UniqueFd allowed = ListenAt(directory_ / "allowed");
  UniqueFd forbidden = ListenAt(directory_ / "forbidden");
  std::filesystem::create_symlink(directory_ / "allowed", directory_ / "link");
  UniqueFd client = Socket(AF_UNIX, SOCK_STREAM);
  rules_->unix_socket = [&](const Subject&, const UnixSocketRequest& request) {
    std::filesystem::remove(directory_ / "link");
    std::filesystem::create_symlink(directory_ / "forbidden", directory_ / "link");
    return request.name == directory_ / "allowed";
  };
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "link")), 0);
  pollfd watched[2] = {{allowed.get(), POLLIN, 0}, {forbidden.get(), POLLIN, 0}};
  EXPECT_EQ(poll(watched, 2, 1000), 1);
  EXPECT_NE(watched[0].revents & POLLIN, 0);
}

TEST_F(UnixConnectTest, MissingPathsAndPlainFilesFailAsBare) {
  UniqueFd client = Socket(AF_UNIX, SOCK_STREAM);
  UniqueFd file(open((directory_ / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "absent")), -ENOENT);
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "file")), -ECONNREFUSED);
  EXPECT_EQ(Connect(client.get(), EncodeFamilyOnly(AF_UNIX, 2)), -EINVAL);
}

TEST_F(UnixConnectTest, ASocketFileOfTheRunIsRecognised) {
  UniqueFd server = ListenAt(directory_ / "s");
  UniqueFd client = Socket(AF_UNIX, SOCK_STREAM);
  rules_->unix_socket = [](const Subject&, const UnixSocketRequest& request) {
    return request.bound_by_this_run;
  };
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "s")), -EACCES);
  listeners_.AddSocket(SocketInode(server.get()));
  EXPECT_EQ(Connect(client.get(), EncodeUnixPath(directory_ / "s")), 0);
}

TEST_F(UnixConnectTest, AbstractNamesAreDecidedOn) {
  std::string name = "safe-trace-test-" + std::to_string(getpid()) + "-connect";
  UniqueFd server = Socket(AF_UNIX, SOCK_STREAM);
  RawSocketAddress address = EncodeUnixAbstract(name);
  ASSERT_EQ(bind(server.get(), address.get(), address.length), 0);
  ASSERT_EQ(listen(server.get(), 4), 0);
  UniqueFd client = Socket(AF_UNIX, SOCK_STREAM);
  EXPECT_EQ(Connect(client.get(), address), -EACCES);
  rules_->unix_socket = [&](const Subject&, const UnixSocketRequest& request) {
    return request.is_abstract && request.name == name;
  };
  EXPECT_EQ(Connect(client.get(), address), 0);
}

TEST_F(ConnectHandlerTest, ADatagramSocketOfANameLearnsItsWayAndReachesNobody) {
  Listener server = Listen(SOCK_DGRAM);
  UniqueFd socket = Socket(AF_INET, SOCK_DGRAM);
  AllowAll();
  rules_->datagrams = false;
  ASSERT_EQ(Connect(socket.get(), Inet("127.0.0.1", server.port)), 0);
  RawSocketAddress local;
  ASSERT_TRUE(LocalAddress(socket.get(), local));
  SocketAddress decoded;
  ASSERT_EQ(DecodeSocketAddress(local, decoded), 0);
  EXPECT_TRUE(std::get<InetAddress>(decoded).ip.IsLoopback());
  (void)send(socket.get(), "x", 1, 0);
  char byte = 0;
  EXPECT_EQ(recv(server.fd.get(), &byte, 1, MSG_DONTWAIT), -1);
}

}  // namespace
}  // namespace safe_trace
