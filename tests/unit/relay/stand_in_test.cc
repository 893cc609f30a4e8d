#include "tracer/relay/stand_in.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <chrono>

#include "gtest/gtest.h"
#include "tracer/relay/bounded_connect.h"

namespace safe_trace {
namespace {

using std::chrono::milliseconds;

UniqueFd ClientSocket(int family, bool nonblocking) {
  return UniqueFd(
      socket(family, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0));
}

int ErrorOf(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  EXPECT_EQ(getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size), 0);
  return error;
}

short Events(int socket, int wait_ms) {
  pollfd ready{socket, POLLIN | POLLOUT, 0};
  return poll(&ready, 1, wait_ms) > 0 ? ready.revents : short{0};
}

void ExpectCarries(int from, int to) {
  ASSERT_EQ(send(from, "hello", 5, 0), 5);
  char text[8] = {};
  EXPECT_NE(Events(to, 1000) & POLLIN, 0);
  EXPECT_EQ(recv(to, text, sizeof(text), 0), 5);
}

class StandInTest : public ::testing::TestWithParam<LoopbackForm> {
 protected:
  int family() const { return GetParam() == LoopbackForm::kV4 ? AF_INET : AF_INET6; }
};

TEST_P(StandInTest, ABlockingClientIsConnectedAtOnce) {
  UniqueFd client = ClientSocket(family(), false);
  ConnectedStandIn stand_in = ConnectStandIn(client.get(), GetParam());
  ASSERT_EQ(stand_in.error, 0);
  ExpectCarries(client.get(), stand_in.our_end.get());
  ExpectCarries(stand_in.our_end.get(), client.get());
}

TEST_P(StandInTest, AClientWaitsUntilTheHostHasAnswered) {
  UniqueFd client = ClientSocket(family(), true);
  WaitingStandIn stand_in;
  ASSERT_EQ(stand_in.Open(GetParam()), 0);
  ASSERT_EQ(stand_in.Begin(client.get()), EINPROGRESS);
  EXPECT_EQ(Events(client.get(), 50), 0);
  UniqueFd our_end = stand_in.Complete(client.get());
  ASSERT_TRUE(our_end.valid());
  EXPECT_EQ(Events(client.get(), 1000), POLLOUT);
  EXPECT_EQ(ErrorOf(client.get()), 0);
  ExpectCarries(client.get(), our_end.get());
  ExpectCarries(our_end.get(), client.get());
}

TEST_P(StandInTest, ARefusalReachesTheWaitingClient) {
  UniqueFd client = ClientSocket(family(), true);
  WaitingStandIn stand_in;
  ASSERT_EQ(stand_in.Open(GetParam()), 0);
  ASSERT_EQ(stand_in.Begin(client.get()), EINPROGRESS);
  stand_in.Refuse(client.get());
  EXPECT_NE(Events(client.get(), 1000) & POLLERR, 0);
  EXPECT_EQ(ErrorOf(client.get()), ECONNREFUSED);
}

TEST_P(StandInTest, AClientThatHasGoneIsNoPeer) {
  UniqueFd client = ClientSocket(family(), true);
  WaitingStandIn stand_in;
  ASSERT_EQ(stand_in.Open(GetParam()), 0);
  ASSERT_EQ(stand_in.Begin(client.get()), EINPROGRESS);
  SocketName nobody;
  nobody.storage.ss_family = AF_UNSPEC;
  nobody.length = sizeof(sockaddr_in);
  ASSERT_EQ(BoundedConnect(client.get(), nobody, milliseconds(50)), 0);
  UniqueFd our_end = stand_in.Complete(client.get());
  EXPECT_TRUE(!our_end.valid() || ErrorOf(our_end.get()) != 0);
}

INSTANTIATE_TEST_SUITE_P(Forms, StandInTest,
                         ::testing::Values(LoopbackForm::kV4, LoopbackForm::kV6,
                                           LoopbackForm::kMapped));

// Its own socket ignores the answer, so that the connect would block for minutes.
TEST(BoundedConnectTest, ASocketThatIgnoresTheAnswerDoesNotStallTheCaller) {
  UniqueFd client = ClientSocket(AF_INET, false);
  const int lifetime = 255;
  ASSERT_EQ(setsockopt(client.get(), IPPROTO_IP, IP_MINTTL, &lifetime, sizeof(lifetime)), 0);
  const auto begun = std::chrono::steady_clock::now();
  ConnectedStandIn stand_in = ConnectStandIn(client.get(), LoopbackForm::kV4);
  EXPECT_FALSE(stand_in.our_end.valid());
  EXPECT_EQ(stand_in.error, EINTR);
  // Seconds would be the kernel's own patience.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
}

}  // namespace
}  // namespace safe_trace
