#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/stat.h>

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"
#include "tracer/network/dns_message.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using testing::Field;
using testing::Inet;
using testing::Ip;
using ::testing::IsEmpty;
using testing::Listen;
using testing::Listener;

std::string Receive(int fd) {
  char buffer[65536];
  pollfd watched{fd, POLLIN, 0};
  if (poll(&watched, 1, 2000) != 1) return "<nothing>";
  ssize_t size = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
  return size < 0 ? "<error>" : std::string(buffer, static_cast<size_t>(size));
}

class SendHandlerTest : public testing::HandlerTest {
 protected:
  void AllowPort(uint16_t port) {
    rules_->network = [port](const Subject&, const NetworkRequest& request) {
      return request.operation == NetworkOperation::kSend && request.port == port;
    };
  }
  int64_t SendTo(int fd, std::string_view payload, const RawSocketAddress& name, int flags = 0) {
    return Run(Call(SYS_sendto, {U(fd), A(payload.data()), payload.size(), U(flags),
                                 A(&name.storage), name.length}));
  }
  struct Message {
    explicit Message(std::vector<std::string_view> parts) {
      for (std::string_view part : parts) {
        pieces.push_back({const_cast<char*>(part.data()), part.size()});
      }
      Refresh();
    }
    void To(RawSocketAddress& name) {
      header.msg_name = name.get();
      header.msg_namelen = name.length;
    }
    void Refresh() {
      header.msg_iov = pieces.data();
      header.msg_iovlen = pieces.size();
    }
    std::vector<iovec> pieces;
    msghdr header{};
  };
  int64_t SendMessage(int fd, const msghdr& header, int flags = 0) {
    return Run(Call(SYS_sendmsg, {U(fd), A(&header), U(flags)}));
  }
};

TEST_F(SendHandlerTest, AnAddressedDatagramIsDecidedOnAndSent) {
  Listener server = Listen(SOCK_DGRAM);
  Listener forbidden = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  AllowPort(server.port);
  EXPECT_EQ(SendTo(udp.get(), "hello", Inet("127.0.0.1", server.port)), 5);
  EXPECT_EQ(Receive(server.fd.get()), "hello");
  EXPECT_EQ(SendTo(udp.get(), "secret", Inet("127.0.0.1", forbidden.port)), -EACCES);
  pollfd watched{forbidden.fd.get(), POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 20), 0);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_EQ(reporter_.decisions[0].doing, "send to 127.0.0.1:" + std::to_string(forbidden.port));
  EXPECT_EQ(Field(reporter_.decisions[0].event, "safe_trace.syscall"), "sendto");
  EXPECT_TRUE(listeners_.HasPort(false, LocalPort(udp.get())));  // an answer may come back
}

TEST_F(SendHandlerTest, TheUnspecifiedFamilyIsDecidedOnAsIpv4) {
  Listener forbidden = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  RawSocketAddress disguised = Inet("127.0.0.1", forbidden.port);
  disguised.storage.ss_family = AF_UNSPEC;
  // First that the kernel really sends such a datagram.
  ASSERT_EQ(sendto(udp.get(), "bare", 4, 0, disguised.get(), disguised.length), 4);
  ASSERT_EQ(Receive(forbidden.fd.get()), "bare");
  EXPECT_EQ(SendTo(udp.get(), "secret", disguised), -EACCES);
}

TEST_F(SendHandlerTest, AConnectedSocketsOtherNameIsDecidedOn) {
  Listener server = Listen(SOCK_DGRAM);
  Listener forbidden = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  RawSocketAddress peer = Inet("127.0.0.1", server.port);
  ASSERT_EQ(connect(udp.get(), peer.get(), peer.length), 0);
  AllowPort(server.port);
  RawSocketAddress other = Inet("127.0.0.1", forbidden.port);
  Message message({"sec", "ret"});
  EXPECT_EQ(SendMessage(udp.get(), message.header), 6);
  EXPECT_EQ(Receive(server.fd.get()), "secret");
  message.To(other);
  EXPECT_EQ(SendMessage(udp.get(), message.header), -EACCES);
}

TEST_F(SendHandlerTest, ANameThatChangesAfterTheDecisionIsNotFollowed) {
  Listener server = Listen(SOCK_DGRAM);
  Listener forbidden = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  AllowPort(server.port);
  RawSocketAddress name = Inet("127.0.0.1", server.port);
  RawSocketAddress other = Inet("127.0.0.1", forbidden.port);
  memory_.after_read = [&](uint64_t address) {
    if (address == A(&name.storage)) name = other;
  };
  EXPECT_EQ(SendTo(udp.get(), "hello", name), 5);
  EXPECT_EQ(Receive(server.fd.get()), "hello");
}

TEST_F(SendHandlerTest, BadMemoryAndTooManyPiecesFailAsBare) {
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  EXPECT_EQ(Run(Call(SYS_sendmsg, {U(udp.get()), 1, 0})), -EFAULT);
  Message message({"x"});
  message.header.msg_iovlen = 1025;
  EXPECT_EQ(SendMessage(udp.get(), message.header), -EMSGSIZE);
  Message bad({"x"});
  bad.pieces[0].iov_base = reinterpret_cast<void*>(1);
  Listener server = Listen(SOCK_DGRAM);
  RawSocketAddress peer = Inet("127.0.0.1", server.port);
  ASSERT_EQ(connect(udp.get(), peer.get(), peer.length), 0);
  EXPECT_EQ(SendMessage(udp.get(), bad.header), -EFAULT);
  EXPECT_EQ(SendTo(-1, "x", peer), -EBADF);
}

TEST_F(SendHandlerTest, FastOpenIsRefused) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd tcp(socket(AF_INET, SOCK_STREAM, 0));
  rules_->network = [](const Subject&, const NetworkRequest&) { return true; };
  EXPECT_EQ(SendTo(tcp.get(), "secret", Inet("127.0.0.1", server.port), MSG_FASTOPEN), -EPERM);
  EXPECT_EQ(reporter_.decisions.size(), 1U);
  pollfd watched{server.fd.get(), POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 20), 0);
}

std::string Question() {
  DnsQuery query;
  query.wire_name = {6, 's', 'e', 'c', 'r', 'e', 't', 4, 'e', 'v', 'i', 'l', 0};
  query.type = kDnsTypeA;
  query.klass = kDnsClassInternet;
  DnsBytes bytes = BuildDnsQuery(query, 1);
  return {bytes.begin(), bytes.end()};
}

bool IsEmptyNow(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, 20) == 0;
}

class AddressedQuestions : public SendHandlerTest {
 protected:
  AddressedQuestions() {
    broker_.addresses[AF_INET] = Inet("127.0.0.1", server_.port);
    rules_->network = [](const Subject&, const NetworkRequest&) { return true; };
  }
  void ExpectRegistered(int fd) {
    EXPECT_EQ((broker_.clients[{false, LocalPort(fd)}]), static_cast<uint64_t>(process_.tgid));
  }
  Listener server_ = Listen(SOCK_DGRAM);  // in the broker's place
  const std::string question_ = Question();
};

TEST_F(AddressedQuestions, GoToTheBrokerWhichKnowsWhoAsks) {
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  const auto size = static_cast<int64_t>(question_.size());
  EXPECT_EQ(SendTo(udp.get(), question_, Inet("192.0.2.1", 53)), size);
  EXPECT_EQ(Receive(server_.fd.get()), question_);
  ExpectRegistered(udp.get());
  EXPECT_TRUE(reporter_.decisions.empty());
  ASSERT_EQ(reporter_.events.size(), 1U);
  EXPECT_EQ(Field(reporter_.events[0], "safe_trace.mechanism"), "dns-broker");
  EXPECT_EQ(Field(reporter_.events[0], "destination.ip"), "192.0.2.1");
  SetRole(Role::kPackage);
  EXPECT_EQ(SendTo(udp.get(), question_, Inet("127.0.0.53", 53)), size);
  EXPECT_EQ(Receive(server_.fd.get()), question_);
}

TEST_F(AddressedQuestions, GoToTheBrokerOverIpv6) {
  Listener server = Listen(SOCK_DGRAM, "::1");
  broker_.addresses[AF_INET6] = Inet("::1", server.port);
  UniqueFd udp(socket(AF_INET6, SOCK_DGRAM, 0));
  RawSocketAddress asked = Inet("2001:db8::1", 53);
  std::string_view question = question_;
  Message message({question.substr(0, 5), question.substr(5)});
  message.To(asked);
  EXPECT_EQ(SendMessage(udp.get(), message.header), static_cast<int64_t>(question.size()));
  EXPECT_EQ(Receive(server.fd.get()), question_);
  ExpectRegistered(udp.get());
}

TEST_F(AddressedQuestions, KeepThePortOfABoundSocket) {
  Listener own = Listen(SOCK_DGRAM);
  EXPECT_GT(SendTo(own.fd.get(), question_, Inet("192.0.2.1", 53)), 0);
  EXPECT_EQ(LocalPort(own.fd.get()), own.port);
  ExpectRegistered(own.fd.get());
}

TEST_F(AddressedQuestions, ThatAreNoneGoNowhereAndAreRecorded) {
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  std::string answer = question_;
  answer[2] = static_cast<char>(answer[2] | 0x80);
  const std::vector<std::string> payloads = {"secret", "", question_ + "secret", answer,
                                             std::string(60000, 'x')};
  for (const std::string& payload : payloads) {
    SetRole(Role::kManager);
    EXPECT_EQ(SendTo(udp.get(), payload, Inet("192.0.2.1", 53)), -ECONNREFUSED);
    SetRole(Role::kPackage);
    EXPECT_EQ(SendTo(udp.get(), payload, Inet("192.0.2.1", 53)), -EACCES);
  }
  ASSERT_EQ(reporter_.decisions.size(), 2 * payloads.size());
  EXPECT_EQ(reporter_.decisions[1].decision.rule->id, "network.no-dns-query");
  EXPECT_TRUE(reporter_.decisions[1].decision.is_violation);
  EXPECT_EQ(Field(reporter_.decisions[1].event, "destination.ip"), "192.0.2.1");
  EXPECT_TRUE(IsEmptyNow(server_.fd.get()));
}

TEST_F(AddressedQuestions, TooLongForADatagramFailAsBare) {
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  const std::string long_one(70000, 'x'), huge(3 * 1024 * 1024, 'x');
  RawSocketAddress bare = Inet("127.0.0.1", server_.port);
  EXPECT_EQ(sendto(udp.get(), long_one.data(), long_one.size(), 0, bare.get(), bare.length), -1);
  EXPECT_EQ(errno, EMSGSIZE);
  EXPECT_EQ(SendTo(udp.get(), long_one, Inet("192.0.2.1", 53)), -EMSGSIZE);
  EXPECT_EQ(SendTo(udp.get(), huge, Inet("192.0.2.1", 53)), -EMSGSIZE);
  std::string_view unmapped(reinterpret_cast<const char*>(1), 20);
  EXPECT_EQ(SendTo(udp.get(), unmapped, Inet("192.0.2.1", 53)), -EFAULT);
}

TEST_F(AddressedQuestions, WhatWasLookedAtIsWhatIsSent) {
  Listener forbidden = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  RawSocketAddress name = Inet("192.0.2.1", 53);
  RawSocketAddress other = Inet("127.0.0.1", forbidden.port);
  std::string payload = question_;
  memory_.after_read = [&](uint64_t address) {
    if (address == A(&name.storage)) name = other;
    if (address == A(payload.data())) payload.assign(payload.size(), '!');
  };
  EXPECT_GT(SendTo(udp.get(), payload, name), 0);
  EXPECT_EQ(Receive(server_.fd.get()), question_);
  EXPECT_TRUE(IsEmptyNow(forbidden.fd.get()));
}

TEST_F(AddressedQuestions, AnInterfaceForTheWayToTheServerIsNotUsed) {
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  RawSocketAddress asked = Inet("192.0.2.1", 53);
  Message message({question_});
  message.To(asked);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))] = {};
  message.header.msg_control = control;
  message.header.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message.header);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_ifindex = 0x7ffffff0;  // none: the kernel would refuse
  memcpy(CMSG_DATA(header), &info, sizeof(info));
  EXPECT_GT(SendMessage(udp.get(), message.header), 0);
  EXPECT_EQ(Receive(server_.fd.get()), question_);
}

TEST_F(AddressedQuestions, AmongOtherMessagesGoTheirOwnWay) {
  Listener forbidden = Listen(SOCK_DGRAM);
  rules_->network = nullptr;
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  RawSocketAddress asked = Inet("192.0.2.1", 53), bad = Inet("127.0.0.1", forbidden.port);
  Message first({question_}), second({"secret"}), third({question_});
  first.To(asked);
  second.To(bad);
  third.To(asked);
  mmsghdr batch[3] = {{first.header, 0}, {second.header, 0}, {third.header, 0}};
  EXPECT_EQ(Run(Call(SYS_sendmmsg, {U(udp.get()), A(batch), 3, 0})), 1);
  EXPECT_EQ(batch[0].msg_len, question_.size());
  EXPECT_EQ(Receive(server_.fd.get()), question_);
  EXPECT_EQ(Run(Call(SYS_sendmmsg, {U(udp.get()), A(&batch[1]), 2, 0})), -EACCES);
  EXPECT_TRUE(IsEmptyNow(forbidden.fd.get()));
  EXPECT_TRUE(IsEmptyNow(server_.fd.get()));
}

TEST_F(AddressedQuestions, WithoutABrokerAreRefusedAtOnce) {
  broker_.addresses.clear();
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  EXPECT_EQ(SendTo(udp.get(), question_, Inet("192.0.2.1", 53)), -ECONNREFUSED);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_EQ(reporter_.decisions[0].decision.rule->id, "network.no-resolver");
}

TEST_F(SendHandlerTest, SeveralMessagesAreSentUntilTheFirstRefusal) {
  Listener server = Listen(SOCK_DGRAM);
  Listener forbidden = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  AllowPort(server.port);
  RawSocketAddress good = Inet("127.0.0.1", server.port);
  RawSocketAddress bad = Inet("127.0.0.1", forbidden.port);
  Message first({"one"}), second({"three"}), third({"x"});
  first.To(good);
  second.To(good);
  third.To(bad);
  mmsghdr batch[3] = {{first.header, 0}, {second.header, 0}, {third.header, 0}};
  EXPECT_EQ(Run(Call(SYS_sendmmsg, {U(udp.get()), A(batch), 3, 0})), 2);
  EXPECT_EQ(batch[0].msg_len, 3U);
  EXPECT_EQ(batch[1].msg_len, 5U);
  EXPECT_EQ(Receive(server.fd.get()), "one");
  EXPECT_EQ(Receive(server.fd.get()), "three");
  EXPECT_EQ(Run(Call(SYS_sendmmsg, {U(udp.get()), A(&batch[2]), 1, 0})), -EACCES);
}

// A request that names its destination is, to the kernel, one by whoever sends it; the supervisor
// may have rights that the socket's opener had not.
TEST_F(SendHandlerTest, ARoutingRequestHasNoMoreRightsThanTheSocketsOpener) {
  constexpr uid_t kNobody = 65534;
  uid_t before = geteuid();
  ASSERT_EQ(seteuid(before == 0 ? kNobody : before), 0);
  UniqueFd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  ASSERT_EQ(seteuid(before), 0);
  ASSERT_TRUE(netlink.valid());
  struct {
    nlmsghdr header;
    ifaddrmsg address;
  } request{};  // removes an address from an interface that does not exist
  request.header = {sizeof(request), RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
  request.address.ifa_family = AF_INET;
  request.address.ifa_index = 0x7ffffff0;
  std::string_view bytes(reinterpret_cast<const char*>(&request), sizeof(request));
  EXPECT_EQ(SendTo(netlink.get(), bytes, EncodeNetlink({})), static_cast<int64_t>(bytes.size()));
  std::string answer = Receive(netlink.get());
  ASSERT_GE(answer.size(), NLMSG_LENGTH(sizeof(nlmsgerr)));
  nlmsgerr error{};
  memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof(error));
  EXPECT_EQ(error.error, -EPERM);
}

TEST_F(SendHandlerTest, DescriptorsOfTheCallerArriveAtThePeer) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  UniqueFd left(pair[0]), right(pair[1]);
  UniqueFd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  Message message({"x"});
  message.header.msg_control = control;
  message.header.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message.header);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  int sent = file.get();
  memcpy(CMSG_DATA(header), &sent, sizeof(sent));
  EXPECT_EQ(SendMessage(left.get(), message.header), 1);

  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  char byte = 0;
  iovec piece{&byte, 1};
  msghdr received{};
  received.msg_iov = &piece;
  received.msg_iovlen = 1;
  received.msg_control = space;
  received.msg_controllen = sizeof(space);
  ASSERT_EQ(recvmsg(right.get(), &received, MSG_CMSG_CLOEXEC), 1);
  ASSERT_NE(CMSG_FIRSTHDR(&received), nullptr);
  int arrived = -1;
  memcpy(&arrived, CMSG_DATA(CMSG_FIRSTHDR(&received)), sizeof(arrived));
  UniqueFd owned(arrived);
  struct stat theirs {
  }, ours{};
  ASSERT_EQ(fstat(arrived, &theirs), 0);
  ASSERT_EQ(fstat(file.get(), &ours), 0);
  EXPECT_EQ(theirs.st_rdev, ours.st_rdev);
}

TEST_F(SendHandlerTest, ALongMessageOnABlockingStreamArrivesWhole) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  UniqueFd left(pair[0]), right(pair[1]);
  std::string payload(3 * 1024 * 1024 + 17, 'p');
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>('a' + i % 23);
  Message message({payload});
  SyscallAction action = Call(SYS_sendmsg, {U(left.get()), A(&message.header), 0});
  ASSERT_TRUE(std::holds_alternative<Deferred>(action));
  std::string received;
  std::thread reader([&] {
    char buffer[65536];
    while (received.size() < payload.size()) {
      ssize_t size = recv(right.get(), buffer, sizeof(buffer), 0);
      if (size <= 0) return;
      received.append(buffer, static_cast<size_t>(size));
    }
  });
  EXPECT_EQ(Run(std::move(action)), static_cast<int64_t>(payload.size()));
  reader.join();
  EXPECT_EQ(received, payload);
}

TEST_F(SendHandlerTest, AFullSocketAnswersAsItsFlagsSay) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  UniqueFd left(pair[0]), right(pair[1]);
  std::string block(65536, 'x');
  while (send(left.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) {
  }
  Message message({"more"});
  EXPECT_EQ(SendMessage(left.get(), message.header, MSG_DONTWAIT), -EAGAIN);
  SyscallAction action = Call(SYS_sendmsg, {U(left.get()), A(&message.header), 0});
  ASSERT_TRUE(std::holds_alternative<Deferred>(action));
  int polls = 0;
  EXPECT_EQ(Run(std::move(action), [&] { return ++polls > 2; }), -EINTR);
  timeval limit{0, 30000};
  ASSERT_EQ(setsockopt(left.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
  EXPECT_EQ(SendMessage(left.get(), message.header), -EAGAIN);
}

TEST_F(SendHandlerTest, ABrokenStreamRaisesSigpipeUnlessToldNotTo) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  UniqueFd left(pair[0]);
  ASSERT_EQ(shutdown(left.get(), SHUT_WR), 0);
  UniqueFd right(pair[1]);
  Message message({"x"});
  EXPECT_EQ(SendMessage(left.get(), message.header, MSG_NOSIGNAL), -EPIPE);
  EXPECT_EQ(kill(child_->pid(), 0), 0);
  EXPECT_EQ(SendMessage(left.get(), message.header), -EPIPE);
  EXPECT_EQ(child_->WaitForDeath(), SIGPIPE);
}

TEST_F(SendHandlerTest, ADatagramToASocketFileGoesWhereItWasDecided) {
  testing::TemporaryDirectory directory;
  UniqueFd server(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  RawSocketAddress address = EncodeUnixPath(directory / "log");
  ASSERT_EQ(bind(server.get(), address.get(), address.length), 0);
  UniqueFd client(socket(AF_UNIX, SOCK_DGRAM, 0));
  EXPECT_EQ(SendTo(client.get(), "line", address), -EACCES);
  rules_->unix_socket = [&](const Subject&, const UnixSocketRequest& request) {
    return request.name == directory / "log";
  };
  EXPECT_EQ(SendTo(client.get(), "line", address), 4);
  EXPECT_EQ(Receive(server.get()), "line");
}

TEST_F(SendHandlerTest, AStreamIgnoresTheNameAsTheKernelDoes) {
  Listener server = Listen(SOCK_STREAM);
  UniqueFd tcp(socket(AF_INET, SOCK_STREAM, 0));
  RawSocketAddress peer = Inet("127.0.0.1", server.port);
  ASSERT_EQ(connect(tcp.get(), peer.get(), peer.length), 0);
  UniqueFd accepted(accept4(server.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_EQ(SendTo(tcp.get(), "data", Inet("192.0.2.1", 9)), 4);
  EXPECT_EQ(Receive(accepted.get()), "data");
  EXPECT_THAT(reporter_.decisions, IsEmpty());
}

TEST_F(SendHandlerTest, ManyDatagramsToOneDestinationAreOneLineInTheTrace) {
  Listener server = Listen(SOCK_DGRAM);
  UniqueFd udp(socket(AF_INET, SOCK_DGRAM, 0));
  AllowPort(server.port);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(SendTo(udp.get(), "x", Inet("127.0.0.1", server.port)), 1);
  }
  EXPECT_EQ(reporter_.events.size(), 1U);
}

}  // namespace
}  // namespace safe_trace
