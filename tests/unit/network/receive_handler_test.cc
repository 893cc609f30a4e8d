#include "tracer/network/receive_handler.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <thread>

#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"
#include "tracer/network/dns_message.h"

namespace safe_trace {
namespace {

using testing::Inet;
using testing::Listen;
using testing::Listener;

bool IsSame(const RawSocketAddress& one, const RawSocketAddress& other) {
  return one.length == other.length &&
         memcmp(&one.storage, &other.storage, sizeof(sa_family_t) + 6) == 0;
}

// A client that asked two servers one question each, and the broker's place.
class ReceiveHandlerTest : public testing::HandlerTest {
 protected:
  ReceiveHandlerTest() {
    broker_.addresses[AF_INET] = Inet("127.0.0.1", server_.port);
    client_.Reset(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    stranger_.Reset(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    Ask(1, one_);
    Ask(2, other_);
  }

  static DnsBytes Question(uint16_t id) {
    DnsQuery query;
    query.wire_name = {1, 'a', 0};
    query.type = kDnsTypeA;
    query.klass = kDnsClassInternet;
    return BuildDnsQuery(query, id);
  }
  void Ask(uint16_t id, RawSocketAddress& server) {
    const DnsBytes question = Question(id);
    EXPECT_GT(Run(Call(SYS_sendto, {U(client_.get()), A(question.data()), question.size(), 0,
                                    A(&server.storage), server.length})),
              0);
    char ignored[512];
    EXPECT_GT(recv(server_.fd.get(), ignored, sizeof(ignored), 0), 0);
  }
  void Send(int from, const DnsBytes& bytes) {
    const RawSocketAddress client = Inet("127.0.0.1", LocalPort(client_.get()));
    EXPECT_EQ(sendto(from, bytes.data(), bytes.size(), 0, client.get(), client.length),
              static_cast<ssize_t>(bytes.size()));
  }
  static DnsBytes Answer(uint16_t id) {
    DnsBytes answer = Question(id);
    answer[2] |= 0x80;
    return answer;
  }
  SyscallAction ReceiveFrom(int fd, DnsBytes& buffer, RawSocketAddress& source, int flags = 0) {
    return Call(SYS_recvfrom, {U(fd), A(buffer.data()), buffer.size(), U(flags), A(&source.storage),
                               A(&source.length)});
  }
  RawSocketAddress ReceiveAny(const DnsBytes& expected) {
    DnsBytes buffer(600);
    RawSocketAddress source;
    source.length = sizeof(source.storage);
    EXPECT_EQ(Run(ReceiveFrom(client_.get(), buffer, source)),
              static_cast<int64_t>(expected.size()));
    buffer.resize(expected.size());
    EXPECT_EQ(buffer, expected);
    return source;
  }
  static bool IsLeftToKernel(const SyscallAction& action) {
    return std::holds_alternative<Continue>(action);
  }

  Listener server_ = Listen(SOCK_DGRAM), neighbour_ = Listen(SOCK_DGRAM);
  UniqueFd client_, stranger_;
  RawSocketAddress one_ = Inet("192.0.2.1", 53), other_ = Inet("192.0.2.2", 53);
};

TEST_F(ReceiveHandlerTest, AnAnswerIsFromTheServerThatWasAsked) {
  Send(server_.fd.get(), Answer(2));
  EXPECT_TRUE(IsSame(ReceiveAny(Answer(2)), other_));
  Send(server_.fd.get(), Answer(1));
  EXPECT_TRUE(IsSame(ReceiveAny(Answer(1)), one_));
}

TEST_F(ReceiveHandlerTest, WhatIsNoAnswerOrFromOthersKeepsItsSource) {
  const RawSocketAddress broker = Inet("127.0.0.1", server_.port);
  Send(server_.fd.get(), Answer(3));
  EXPECT_TRUE(IsSame(ReceiveAny(Answer(3)), broker));
  Send(server_.fd.get(), Question(1));
  EXPECT_TRUE(IsSame(ReceiveAny(Question(1)), broker));
  Send(server_.fd.get(), {});
  EXPECT_TRUE(IsSame(ReceiveAny({}), broker));
  Send(neighbour_.fd.get(), Answer(1));
  EXPECT_TRUE(IsSame(ReceiveAny(Answer(1)), Inet("127.0.0.1", neighbour_.port)));
}

TEST_F(ReceiveHandlerTest, SocketsThatAskedNothingAreLeftToTheKernel) {
  DnsBytes buffer(600);
  RawSocketAddress source;
  EXPECT_TRUE(IsLeftToKernel(ReceiveFrom(stranger_.get(), buffer, source)));
  EXPECT_TRUE(IsLeftToKernel(ReceiveFrom(-1, buffer, source)));
  EXPECT_TRUE(IsLeftToKernel(ReceiveFrom(client_.get(), buffer, source, MSG_ERRQUEUE)));
  msghdr header{};
  EXPECT_TRUE(IsLeftToKernel(Call(SYS_recvmsg, {U(stranger_.get()), A(&header), 0})));
  EXPECT_TRUE(IsLeftToKernel(Call(SYS_recvmsg, {U(client_.get()), 1, 0})));
}

TEST_F(ReceiveHandlerTest, ErrorsAreTheKernels) {
  DnsBytes buffer(600);
  RawSocketAddress source;
  source.length = sizeof(source.storage);
  EXPECT_EQ(Run(ReceiveFrom(client_.get(), buffer, source)), -EAGAIN);
  Send(server_.fd.get(), Answer(1));
  EXPECT_EQ(
      Run(Call(SYS_recvfrom, {U(client_.get()), 1, 600, 0, A(&source.storage), A(&source.length)})),
      -EFAULT);
}

TEST_F(ReceiveHandlerTest, WhatHasNoRoomIsCut) {
  Send(server_.fd.get(), Answer(1));
  DnsBytes small(5);
  RawSocketAddress source;
  source.length = 4;
  const auto whole = static_cast<int64_t>(Answer(1).size());
  EXPECT_EQ(Run(ReceiveFrom(client_.get(), small, source, MSG_PEEK | MSG_TRUNC)), whole);
  EXPECT_EQ(source.length, sizeof(sockaddr_in));
  EXPECT_EQ(memcmp(&source.storage, &one_.storage, 4), 0);
  EXPECT_EQ(reinterpret_cast<const sockaddr_in&>(source.storage).sin_addr.s_addr, 0U);
  EXPECT_TRUE(IsSame(ReceiveAny(Answer(1)), one_));  // it was only looked at
}

TEST_F(ReceiveHandlerTest, AMessageIsScatteredAndToldOf) {
  Send(server_.fd.get(), Answer(2));
  const DnsBytes expected = Answer(2);
  DnsBytes head(3), tail(5);
  iovec pieces[2] = {{head.data(), head.size()}, {tail.data(), tail.size()}};
  RawSocketAddress source;
  char control[64];
  msghdr header{};
  header.msg_name = source.get();
  header.msg_namelen = sizeof(source.storage);
  header.msg_iov = pieces;
  header.msg_iovlen = 2;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  EXPECT_EQ(Run(Call(SYS_recvmsg, {U(client_.get()), A(&header), 0})), 8);
  source.length = header.msg_namelen;
  EXPECT_TRUE(IsSame(source, other_));
  EXPECT_EQ(header.msg_flags, MSG_TRUNC);
  EXPECT_EQ(header.msg_controllen, 0U);
  head.insert(head.end(), tail.begin(), tail.end());
  EXPECT_EQ(head, DnsBytes(expected.begin(), expected.begin() + 8));
}

TEST_F(ReceiveHandlerTest, ManyMessagesAreTakenTogether) {
  Send(server_.fd.get(), Answer(1));
  Send(server_.fd.get(), Answer(2));
  RawSocketAddress sources[3];
  char buffers[3][100];
  iovec pieces[3];
  mmsghdr messages[3] = {};
  for (int i = 0; i < 3; ++i) {
    pieces[i] = {buffers[i], sizeof(buffers[i])};
    messages[i].msg_hdr.msg_name = sources[i].get();
    messages[i].msg_hdr.msg_namelen = sizeof(sources[i].storage);
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  EXPECT_EQ(Run(Call(SYS_recvmmsg, {U(client_.get()), A(messages), 3, MSG_WAITFORONE, 0})), 2);
  for (int i = 0; i < 2; ++i) {
    sources[i].length = messages[i].msg_hdr.msg_namelen;
    EXPECT_TRUE(IsSame(sources[i], i == 0 ? one_ : other_));
    EXPECT_EQ(messages[i].msg_len, Answer(1).size());
  }
  EXPECT_EQ(Run(Call(SYS_recvmmsg, {U(client_.get()), A(messages), 3, 0, 0})), -EAGAIN);
}

TEST_F(ReceiveHandlerTest, ABlockingSocketWaitsOnAWorkerUntilItsTimeout) {
  ASSERT_EQ(fcntl(client_.get(), F_SETFL, 0), 0);
  DnsBytes buffer(600);
  RawSocketAddress source;
  source.length = sizeof(source.storage);
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    Send(server_.fd.get(), Answer(1));
  });
  EXPECT_GT(Run(ReceiveFrom(client_.get(), buffer, source)), 0);
  EXPECT_TRUE(was_deferred_);
  EXPECT_TRUE(IsSame(source, one_));
  later.join();
  EXPECT_EQ(Run(ReceiveFrom(client_.get(), buffer, source), [] { return true; }), -EINTR);
  const timeval limit{0, 50000};
  ASSERT_EQ(setsockopt(client_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
  EXPECT_EQ(Run(ReceiveFrom(client_.get(), buffer, source)), -EAGAIN);
}

}  // namespace
}  // namespace safe_trace
