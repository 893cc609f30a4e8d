#include "tracer/network/socket_owner.h"

#include <sys/stat.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"
#include "tracer/network/loopback_listeners.h"

namespace safe_trace {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Ip;
using ::testing::IsEmpty;
using testing::Listen;
using testing::SocketInode;

TEST(SocketOwnerTest, FindsTheListenerOfAPort) {
  testing::Listener tcp = Listen(SOCK_STREAM);
  testing::Listener udp = Listen(SOCK_DGRAM);
  EXPECT_THAT(*SocketsBoundTo(true, Ip("127.0.0.1"), tcp.port),
              ElementsAre(SocketInode(tcp.fd.get())));
  EXPECT_THAT(*SocketsBoundTo(false, Ip("127.0.0.1"), udp.port),
              ElementsAre(SocketInode(udp.fd.get())));
  EXPECT_THAT(*SocketsBoundTo(true, Ip("127.0.0.2"), tcp.port), IsEmpty());
}

// A connected datagram socket takes from its peer only: the rest goes to the socket on every
// address. And the nearer of two sockets may be closed after the decision.
TEST(SocketOwnerTest, AnOwnSocketDoesNotHideAStrangersOnEveryAddress) {
  const int on = 1;
  for (int type : {SOCK_DGRAM, SOCK_STREAM}) {
    int shared = type == SOCK_DGRAM ? SO_REUSEADDR : SO_REUSEPORT;
    UniqueFd stranger(socket(AF_INET, type | SOCK_CLOEXEC, 0));
    UniqueFd own(socket(AF_INET, type | SOCK_CLOEXEC, 0));
    for (int fd : {stranger.get(), own.get()}) {
      ASSERT_EQ(setsockopt(fd, SOL_SOCKET, shared, &on, sizeof(on)), 0);
    }
    RawSocketAddress any = testing::Inet("0.0.0.0", 0);
    ASSERT_EQ(bind(stranger.get(), any.get(), any.length), 0);
    uint16_t port = LocalPort(stranger.get());
    RawSocketAddress near = testing::Inet("127.0.0.1", port);
    ASSERT_EQ(bind(own.get(), near.get(), near.length), 0) << strerror(errno);
    if (type == SOCK_STREAM) {
      ASSERT_EQ(listen(stranger.get(), 1), 0);
      ASSERT_EQ(listen(own.get(), 1), 0);
    }
    ListenerRegistry registry;
    registry.AddPort(type == SOCK_STREAM, port);
    registry.AddSocket(SocketInode(own.get()));
    EXPECT_FALSE(IsOwnPort(registry, type == SOCK_STREAM, Ip("127.0.0.1"), port));
    stranger.Reset();
    EXPECT_TRUE(IsOwnPort(registry, type == SOCK_STREAM, Ip("127.0.0.1"), port));
  }
}

TEST(SocketOwnerTest, APortBoundOnAnotherAddressIsNotOwn) {
  testing::Listener stranger = Listen(SOCK_STREAM, "127.0.0.1");
  UniqueFd own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  RawSocketAddress address = testing::Inet("127.0.0.2", stranger.port);
  ASSERT_EQ(bind(own.get(), address.get(), address.length), 0);
  ASSERT_EQ(listen(own.get(), 1), 0);
  ListenerRegistry registry;
  registry.AddPort(true, stranger.port);
  registry.AddSocket(SocketInode(own.get()));
  EXPECT_TRUE(IsOwnPort(registry, true, Ip("127.0.0.2"), stranger.port));
  EXPECT_FALSE(IsOwnPort(registry, true, Ip("127.0.0.1"), stranger.port));
}

TEST(SocketOwnerTest, AClosedPortTakenByAStrangerIsNotOwn) {
  ListenerRegistry registry;
  uint16_t port = 0;
  {
    testing::Listener own = Listen(SOCK_STREAM);
    port = own.port;
    registry.AddPort(true, port);
    registry.AddSocket(SocketInode(own.fd.get()));
    EXPECT_TRUE(IsOwnPort(registry, true, Ip("127.0.0.1"), port));
  }
  UniqueFd stranger(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  RawSocketAddress address = testing::Inet("127.0.0.1", port);
  ASSERT_EQ(bind(stranger.get(), address.get(), address.length), 0);
  ASSERT_EQ(listen(stranger.get(), 1), 0);
  EXPECT_FALSE(IsOwnPort(registry, true, Ip("127.0.0.1"), port));
}

TEST(SocketOwnerTest, SocketFilesAreFoundByWhatTheyAreAndAcceptedConnectionsDoNotCount) {
  testing::TemporaryDirectory directory;
  UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  RawSocketAddress address = EncodeUnixPath(directory / "s");
  ASSERT_EQ(bind(listener.get(), address.get(), address.length), 0);
  ASSERT_EQ(listen(listener.get(), 4), 0);
  UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), address.get(), address.length), 0);
  UniqueFd accepted(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(accepted.valid());
  struct stat file {};
  ASSERT_EQ(stat((directory / "s").c_str(), &file), 0);
  auto found = SocketsBoundToFile(file.st_dev, file.st_ino);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre(SocketInode(listener.get())));
}

TEST(SocketOwnerTest, AbstractNamesAreFound) {
  std::string name = "safe-trace-test-" + std::to_string(getpid()) + "-owner";
  UniqueFd bound(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  RawSocketAddress address = EncodeUnixAbstract(name);
  ASSERT_EQ(bind(bound.get(), address.get(), address.length), 0);
  auto found = SocketsBoundToAbstract(name);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre(SocketInode(bound.get())));
}

}  // namespace
}  // namespace safe_trace
