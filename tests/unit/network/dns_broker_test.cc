#include "tracer/network/dns_broker.h"

#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"
#include "tracer/network/dns_message.h"
#include "tracer/network/held_questions.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using testing::Ip;
using ::testing::IsEmpty;

constexpr int kPatienceMs = 10000;

DnsBytes QueryBytes(const std::string& name, uint16_t type, uint16_t id) {
  DnsQuery query;
  query.recursion_desired = true;
  query.type = type;
  query.klass = kDnsClassInternet;
  size_t begin = 0;
  while (begin < name.size()) {
    size_t end = std::min(name.find('.', begin), name.size());
    query.wire_name.push_back(static_cast<uint8_t>(end - begin));
    query.wire_name.insert(query.wire_name.end(), name.begin() + static_cast<ptrdiff_t>(begin),
                           name.begin() + static_cast<ptrdiff_t>(end));
    begin = end + 1;
  }
  query.wire_name.push_back(0);
  return BuildDnsQuery(query, id);
}

// The machine's resolver, played by the test: a thread with a datagram and a stream socket on one
// port of loopback.
class FakeResolver {
 public:
  using Answer = std::function<std::vector<DnsBytes>(const DnsQuery& query, bool is_stream)>;
  explicit FakeResolver(Answer answer) : answer_(std::move(answer)) {
    while (true) {  // until both kinds are free on one port
      udp_ = testing::Listen(SOCK_DGRAM);
      tcp_.fd.Reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      RawSocketAddress address = testing::Inet("127.0.0.1", udp_.port);
      if (bind(tcp_.fd.get(), address.get(), address.length) == 0) break;
    }
    EXPECT_EQ(listen(tcp_.fd.get(), 16), 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~FakeResolver() {
    stop_ = true;
    thread_.join();
  }
  uint16_t port() const { return udp_.port; }
  int questions() const { return questions_; }

 private:
  void Run() {
    while (!stop_) {
      pollfd watched[2] = {{udp_.fd.get(), POLLIN, 0}, {tcp_.fd.get(), POLLIN, 0}};
      if (poll(watched, 2, 10) <= 0) continue;
      if ((watched[0].revents & POLLIN) != 0) ServeDatagram();
      if ((watched[1].revents & POLLIN) != 0) ServeStream();
    }
  }
  void ServeDatagram() {
    DnsBytes buffer(4096);
    RawSocketAddress from;
    from.length = sizeof(from.storage);
    ssize_t size =
        recvfrom(udp_.fd.get(), buffer.data(), buffer.size(), 0, from.get(), &from.length);
    if (size < 0) return;
    buffer.resize(static_cast<size_t>(size));
    auto query = ParseDnsQuery(buffer);
    if (!query.ok()) return;
    ++questions_;
    for (const DnsBytes& reply : answer_(*query, false)) {
      sendto(udp_.fd.get(), reply.data(), reply.size(), 0, from.get(), from.length);
    }
  }
  void ServeStream() {
    UniqueFd client(accept4(tcp_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    uint8_t length[2];
    if (recv(client.get(), length, 2, MSG_WAITALL) != 2) return;
    DnsBytes buffer(static_cast<size_t>(length[0]) << 8 | length[1]);
    if (recv(client.get(), buffer.data(), buffer.size(), MSG_WAITALL) !=
        static_cast<ssize_t>(buffer.size())) {
      return;
    }
    auto query = ParseDnsQuery(buffer);
    if (!query.ok()) return;
    ++questions_;
    for (const DnsBytes& reply : answer_(*query, true)) {
      uint8_t prefix[2] = {static_cast<uint8_t>(reply.size() >> 8),
                           static_cast<uint8_t>(reply.size())};
      send(client.get(), prefix, 2, MSG_NOSIGNAL);
      send(client.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    }
  }

  Answer answer_;
  testing::Listener udp_;
  testing::Listener tcp_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

class DnsBrokerTest : public ::testing::Test {
 protected:
  void Start(uint16_t resolver_port, std::vector<std::string> servers = {"127.0.0.1"}) {
    DnsBroker::Options options;
    options.name_servers = std::move(servers);
    options.name_server_port = resolver_port;
    options.static_names = {{"host.internal", Ip("10.1.2.3")}};
    options.loopback_names = {{"LocalHost", Ip("127.0.0.1")},
                              {"elsewhere.example", Ip("10.0.0.9")}};
    options.own_names = {"Build7"};
    options.search_domains = {"Corp.Example."};
    options.timeout_ms = 2000;
    options.now = [this] { return now_.load(); };
    options.decide = [this](const DnsQuestion& question) {
      std::lock_guard<std::mutex> lock(mutex_);
      asked_.push_back(std::to_string(question.client) + " " + question.name +
                       (question.is_own ? " (own)" : ""));
      return question.name.ends_with("allowed.example") || question.name == "host.internal" ||
             question.name == said_yes_to_;
    };
    options.may_be_decided_later = [this](const DnsQuestion&) { return is_asking_.load(); };
    auto broker = DnsBroker::Start(std::move(options));
    ASSERT_TRUE(broker.ok()) << broker.status();
    broker_ = *std::move(broker);
  }

  // A socket connected to the broker, as a connect handler leaves it.
  UniqueFd Client(bool is_stream, bool registered = true, int family = AF_INET) {
    UniqueFd client(socket(family, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
    RawSocketAddress address;
    EXPECT_TRUE(broker_->AddressFor(family, is_stream, address.storage, address.length));
    EXPECT_EQ(connect(client.get(), address.get(), address.length), 0) << strerror(errno);
    if (registered) broker_->RegisterClient(is_stream, LocalPort(client.get()), 42);
    return client;
  }
  static bool Readable(int fd, int timeout_ms) {
    pollfd watched{fd, POLLIN, 0};
    return poll(&watched, 1, timeout_ms) == 1;
  }
  static DnsBytes ReceiveDatagram(int fd) {
    DnsBytes buffer(65536);
    if (!Readable(fd, kPatienceMs)) return {};
    ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    buffer.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return buffer;
  }
  absl::StatusOr<DnsAnswer> Ask(const std::string& name, uint16_t type = kDnsTypeA) {
    UniqueFd client = Client(false);
    DnsBytes question = QueryBytes(name, type, 77);
    EXPECT_EQ(send(client.get(), question.data(), question.size(), 0),
              static_cast<ssize_t>(question.size()));
    DnsBytes reply = ReceiveDatagram(client.get());
    auto query = ParseDnsQuery(question);
    return ParseDnsAnswer(reply, *query, 77);
  }
  std::vector<std::string> Asked() {
    std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

  std::atomic<std::chrono::steady_clock::time_point> now_ =
      std::chrono::steady_clock::time_point{} + std::chrono::hours(1);
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::string said_yes_to_;
  std::atomic<bool> is_asking_ = false;
  std::unique_ptr<DnsBroker> broker_;
};

std::vector<DnsBytes> AnswerWith(const DnsQuery& query, const char* ip) {
  std::vector<IpAddress> addresses = {Ip(ip)};
  return {BuildDnsResponse(query, DnsResponseCode::kNoError, addresses)};
}

TEST_F(DnsBrokerTest, AnAllowedNameIsAnsweredAndItsAddressRemembered) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  auto answer = Ask("Files.Allowed.Example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(Ip("192.0.2.7")));
  EXPECT_THAT(broker_->NamesOf(Ip("192.0.2.7")), ElementsAre("files.allowed.example"));
  EXPECT_THAT(Asked(), ElementsAre("42 files.allowed.example"));
}

TEST_F(DnsBrokerTest, AnAnswerCountsForItsLifetimeAndAgainWhenItIsAskedForAgain) {
  FakeResolver resolver([](const DnsQuery& query, bool) {
    const std::vector<IpAddress> addresses = {Ip("192.0.2.7")};
    return std::vector<DnsBytes>{
        BuildDnsResponse(query, DnsResponseCode::kNoError, addresses, /*ttl=*/3600)};
  });
  Start(resolver.port());
  ASSERT_TRUE(Ask("a.allowed.example").ok());
  now_ = now_.load() + std::chrono::seconds(3599);
  EXPECT_THAT(broker_->NamesOf(Ip("192.0.2.7")), ElementsAre("a.allowed.example"));
  now_ = now_.load() + std::chrono::seconds(1);
  EXPECT_THAT(broker_->NamesOf(Ip("192.0.2.7")), IsEmpty());
  EXPECT_THAT(broker_->NamesOf(Ip("10.1.2.3")), ElementsAre("host.internal"));
  ASSERT_TRUE(Ask("a.allowed.example").ok());
  EXPECT_THAT(broker_->NamesOf(Ip("192.0.2.7")), ElementsAre("a.allowed.example"));
}

TEST_F(DnsBrokerTest, ARefusedNameIsUnknownAndNeverLeavesTheMachine) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  auto answer = Ask("secret.evil.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->code, DnsResponseCode::kNoSuchName);
  ASSERT_TRUE(Ask("a.allowed.example").ok());  // the resolver has seen all that came before
  EXPECT_EQ(resolver.questions(), 1);
  EXPECT_THAT(Asked(), ElementsAre("42 secret.evil.example", "42 a.allowed.example"));
}

TEST_F(DnsBrokerTest, AQuestionIsHeldUntilTheUserHasAnswered) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  is_asking_ = true;
  UniqueFd yes = Client(false), no = Client(false);
  const DnsBytes about_yes = QueryBytes("yes.asked.example", kDnsTypeA, 5);
  const DnsBytes about_no = QueryBytes("no.asked.example", kDnsTypeA, 6);
  for (int i = 0; i < 3; ++i) {  // as resolvers repeat themselves
    ASSERT_GT(send(yes.get(), about_yes.data(), about_yes.size(), 0), 0);
    ASSERT_GT(send(no.get(), about_no.data(), about_no.size(), 0), 0);
  }
  EXPECT_FALSE(Readable(yes.get(), 100));
  EXPECT_FALSE(Readable(no.get(), 0));
  broker_->DecideHeld();  // of another question
  EXPECT_FALSE(Readable(yes.get(), 100));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    said_yes_to_ = "yes.asked.example";
  }
  is_asking_ = false;
  broker_->DecideHeld();
  auto answer = ParseDnsAnswer(ReceiveDatagram(yes.get()), *ParseDnsQuery(about_yes), 5);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(Ip("192.0.2.7")));
  answer = ParseDnsAnswer(ReceiveDatagram(no.get()), *ParseDnsQuery(about_no), 6);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->code, DnsResponseCode::kNoSuchName);
  EXPECT_FALSE(Readable(yes.get(), 50));  // once, however often it was asked
  EXPECT_FALSE(Readable(no.get(), 0));
}

TEST_F(DnsBrokerTest, AHeldQuestionKeepsItsStream) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  is_asking_ = true;
  UniqueFd client = Client(true);
  const DnsBytes question = QueryBytes("a.asked.example", kDnsTypeA, 5);
  const uint8_t length[2] = {0, static_cast<uint8_t>(question.size())};
  ASSERT_EQ(send(client.get(), length, 2, MSG_MORE), 2);
  ASSERT_GT(send(client.get(), question.data(), question.size(), 0), 0);
  EXPECT_FALSE(Readable(client.get(), 100));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    said_yes_to_ = "a.asked.example";
  }
  broker_->DecideHeld();
  ASSERT_TRUE(Readable(client.get(), kPatienceMs));
  uint8_t head[2] = {0, 0};
  EXPECT_EQ(recv(client.get(), head, 2, MSG_WAITALL), 2);
  DnsBytes message(static_cast<size_t>(head[0]) << 8 | head[1]);
  EXPECT_EQ(recv(client.get(), message.data(), message.size(), MSG_WAITALL),
            static_cast<ssize_t>(message.size()));
  auto answer = ParseDnsAnswer(message, *ParseDnsQuery(question), 5);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(Ip("192.0.2.7")));
}

TEST_F(DnsBrokerTest, NeitherASocketNorTheRunHoldsQuestionsWithoutEnd) {
  Start(1);
  is_asking_ = true;
  const auto held_of = [&](int fd, int count) {
    for (int i = 0; i < count; ++i) {
      const DnsBytes question = QueryBytes("n" + std::to_string(i) + ".asked.example", kDnsTypeA,
                                           static_cast<uint16_t>(i));
      EXPECT_GT(send(fd, question.data(), question.size(), 0), 0);
    }
    int refused = 0;
    while (Readable(fd, 200)) {
      const DnsBytes reply = ReceiveDatagram(fd);
      EXPECT_EQ(reply.at(3) & 0xf, static_cast<int>(DnsResponseCode::kRefused));
      ++refused;
    }
    return count - refused;
  };
  constexpr int kOfOne = static_cast<int>(HeldQuestions::kMaximumOfOneSocket);
  std::vector<UniqueFd> clients;
  int held = 0;
  for (int i = 0; i < 2 * static_cast<int>(HeldQuestions::kMaximum) / kOfOne; ++i) {
    clients.push_back(Client(false));
    const int of_this = held_of(clients.back().get(), kOfOne + 4);
    EXPECT_LE(of_this, kOfOne);
    held += of_this;
  }
  EXPECT_EQ(held, static_cast<int>(HeldQuestions::kMaximum));
  // Whoever was refused meanwhile did not harm those that wait.
  is_asking_ = false;
  broker_->DecideHeld();
  for (const UniqueFd& client : clients) {
    if (held <= 0) break;
    held -= kOfOne;
    EXPECT_EQ(ReceiveDatagram(client.get()).at(3) & 0xf,
              static_cast<int>(DnsResponseCode::kNoSuchName));
  }
}

TEST_F(DnsBrokerTest, WhatNoAnswerOfTheUserChangesIsNotHeld) {
  Start(1);
  is_asking_ = true;
  // As a name of the machine's own with a search domain, or of an address that nobody was told.
  for (const char* name :
       {"localhost.corp.example", "7.2.0.192.in-addr.arpa", "build7", "BUILD7.corp.example"}) {
    auto answer = Ask(name, kDnsTypePtr);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->code, DnsResponseCode::kNoSuchName);
  }
  EXPECT_THAT(Asked(), ElementsAre("42 build7 (own)", "42 build7.corp.example (own)"));
  EXPECT_TRUE(broker_->IsLocalName("build7"));
  EXPECT_FALSE(broker_->IsLocalName("build8"));
}

TEST_F(DnsBrokerTest, SendersThatAreNotRegisteredGetNoAnswerAndAreNotDecidedOn) {
  Start(1);
  UniqueFd stranger = Client(false, /*registered=*/false);
  DnsBytes question = QueryBytes("a.allowed.example", kDnsTypeA, 5);
  send(stranger.get(), question.data(), question.size(), 0);
  auto known = Ask("evil.example");
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_FALSE(Readable(stranger.get(), 50));
  EXPECT_THAT(Asked(), ElementsAre("42 evil.example"));
}

TEST_F(DnsBrokerTest, StreamsAreServedAndStrangersAreHungUpOn) {
  FakeResolver resolver([](const DnsQuery& query, bool is_stream) {
    return AnswerWith(query, is_stream ? "192.0.2.8" : "192.0.2.9");
  });
  Start(resolver.port());
  DnsBytes question = QueryBytes("a.allowed.example", kDnsTypeA, 5);
  DnsBytes framed = {0, static_cast<uint8_t>(question.size())};
  framed.insert(framed.end(), question.begin(), question.end());
  for (bool registered : {true, false}) {
    UniqueFd client = Client(true, registered);
    ASSERT_EQ(send(client.get(), framed.data(), framed.size(), 0),
              static_cast<ssize_t>(framed.size()));
    uint8_t length[2] = {};
    ASSERT_TRUE(Readable(client.get(), kPatienceMs));
    ssize_t size = recv(client.get(), length, 2, MSG_WAITALL);
    if (!registered) {
      EXPECT_LE(size, 0);
      continue;
    }
    ASSERT_EQ(size, 2);
    DnsBytes reply(static_cast<size_t>(length[0]) << 8 | length[1]);
    ASSERT_EQ(recv(client.get(), reply.data(), reply.size(), MSG_WAITALL),
              static_cast<ssize_t>(reply.size()));
    auto answer = ParseDnsAnswer(reply, *ParseDnsQuery(question), 5);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_THAT(answer->addresses, ElementsAre(Ip("192.0.2.8")));
  }
}

TEST_F(DnsBrokerTest, ForgedAnswersAreIgnored) {
  FakeResolver resolver([](const DnsQuery& query, bool) {
    DnsQuery other_id = query;
    other_id.id = static_cast<uint16_t>(query.id + 1);
    DnsQuery other_name = query;
    other_name.wire_name = {4, 'e', 'v', 'i', 'l', 0};
    std::vector<DnsBytes> replies = AnswerWith(other_id, "192.0.2.66");
    replies.push_back(AnswerWith(other_name, "192.0.2.66").front());
    replies.push_back({1, 2, 3});
    replies.push_back(AnswerWith(query, "192.0.2.7").front());
    return replies;
  });
  Start(resolver.port());
  auto answer = Ask("a.allowed.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(Ip("192.0.2.7")));
  EXPECT_THAT(broker_->NamesOf(Ip("192.0.2.66")), IsEmpty());
}

TEST_F(DnsBrokerTest, AfterAFailureTheNextServerIsAsked) {
  FakeResolver resolver([count = 0](const DnsQuery& query, bool) mutable {
    if (count++ == 0) {
      return std::vector<DnsBytes>{BuildDnsResponse(query, DnsResponseCode::kServerFailure)};
    }
    return AnswerWith(query, "192.0.2.7");
  });
  Start(resolver.port(), {"127.0.0.1", "127.0.0.1"});
  auto answer = Ask("a.allowed.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->addresses, ElementsAre(Ip("192.0.2.7")));
}

TEST_F(DnsBrokerTest, ASilentResolverEndsInServerFailure) {
  FakeResolver resolver([](const DnsQuery&, bool) { return std::vector<DnsBytes>{}; });
  Start(resolver.port());
  auto answer = Ask("a.allowed.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->code, DnsResponseCode::kServerFailure);
}

TEST_F(DnsBrokerTest, ATruncatedAnswerReachesTheClientAsTruncated) {
  FakeResolver resolver([](const DnsQuery& query, bool) {
    DnsBytes reply = BuildDnsResponse(query, DnsResponseCode::kNoError);
    reply[2] |= 0x02;
    return std::vector<DnsBytes>{reply};
  });
  Start(resolver.port());
  auto answer = Ask("a.allowed.example");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->truncated);
}

TEST_F(DnsBrokerTest, StaticNamesAreAnsweredWithoutAResolverAndKnownFromTheStart) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  EXPECT_THAT(broker_->NamesOf(Ip("10.1.2.3")), ElementsAre("host.internal"));
  auto v4 = Ask("host.internal");
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_THAT(v4->addresses, ElementsAre(Ip("10.1.2.3")));
  auto v6 = Ask("host.internal", kDnsTypeAaaa);
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_EQ(v6->code, DnsResponseCode::kNoError);
  EXPECT_THAT(v6->addresses, IsEmpty());
  EXPECT_EQ(resolver.questions(), 0);
}

TEST_F(DnsBrokerTest, LoopbackNamesAreAnsweredWithoutADecisionOrAResolver) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  for (const char* name : {"localhost", "sub.localhost"}) {
    auto v4 = Ask(name);
    ASSERT_TRUE(v4.ok()) << v4.status();
    EXPECT_THAT(v4->addresses, ElementsAre(Ip("127.0.0.1"))) << name;
    auto v6 = Ask(name, kDnsTypeAaaa);
    ASSERT_TRUE(v6.ok()) << v6.status();
    EXPECT_EQ(v6->code, DnsResponseCode::kNoError);
    EXPECT_THAT(v6->addresses, IsEmpty());
  }
  auto searched = Ask("localhost.corp.example");
  ASSERT_TRUE(searched.ok()) << searched.status();
  EXPECT_EQ(searched->code, DnsResponseCode::kNoSuchName);
  auto text = Ask("localhost", uint16_t{16});
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->code, DnsResponseCode::kNoError);
  EXPECT_THAT(text->addresses, IsEmpty());
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_THAT(broker_->NamesOf(Ip("127.0.0.1")), IsEmpty());
  // Neither a name that only ends alike nor one that was given another address.
  for (const char* name : {"notlocalhost", "x.corp.example", "elsewhere.example"}) {
    ASSERT_TRUE(Ask(name).ok());
    EXPECT_TRUE(asked_.back().ends_with(std::string(" ") + name)) << asked_.back();
  }
  EXPECT_EQ(resolver.questions(), 0);
}

TEST_F(DnsBrokerTest, ServiceHintsAreEmptyAndForeignReverseNamesUnknown) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  auto hints = Ask("a.allowed.example", kDnsTypeHttps);
  ASSERT_TRUE(hints.ok()) << hints.status();
  EXPECT_EQ(hints->code, DnsResponseCode::kNoError);
  auto reverse = Ask("7.2.0.192.in-addr.arpa", kDnsTypePtr);
  ASSERT_TRUE(reverse.ok()) << reverse.status();
  EXPECT_EQ(reverse->code, DnsResponseCode::kNoSuchName);
  EXPECT_EQ(resolver.questions(), 0);
  ASSERT_TRUE(Ask("a.allowed.example").ok());
  reverse = Ask("7.2.0.192.in-addr.arpa", kDnsTypePtr);  // handed out by now
  ASSERT_TRUE(reverse.ok()) << reverse.status();
  EXPECT_EQ(reverse->code, DnsResponseCode::kNoError);
  EXPECT_EQ(resolver.questions(), 2);
}

TEST_F(DnsBrokerTest, WhatWasSentBeforeTheEndIsStillDecidedOn) {
  for (int repetition = 0; repetition < 20; ++repetition) {
    Start(1);
    asked_.clear();
    {
      const UniqueFd stream = Client(true);
      const UniqueFd datagrams = Client(false);
      const DnsBytes question = QueryBytes("last.evil.example", kDnsTypeA, 5);
      DnsBytes framed = {0, static_cast<uint8_t>(question.size())};
      framed.insert(framed.end(), question.begin(), question.end());
      send(stream.get(), framed.data(), framed.size(), 0);
      send(datagrams.get(), question.data(), question.size(), 0);
    }
    broker_->Finish();
    EXPECT_THAT(Asked(), ElementsAre("42 last.evil.example", "42 last.evil.example"));
  }
}

TEST_F(DnsBrokerTest, UnusualQuestionsAreToldAndStayHere) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  const std::string name = "a.allowed.example";
  DnsBytes chaos = QueryBytes(name, kDnsTypeA, 5);
  chaos.at(12 + name.size() + 2 + 3) = 3;  // the low octet of the class
  DnsBytes update = QueryBytes("b.evil.example", kDnsTypeA, 5);
  update.at(2) = static_cast<uint8_t>(update.at(2) | 5 << 3);  // the opcode
  const UniqueFd client = Client(false);
  for (const auto& [question, code] : {std::pair(chaos, DnsResponseCode::kRefused),
                                       std::pair(update, DnsResponseCode::kNotImplemented)}) {
    send(client.get(), question.data(), question.size(), 0);
    const DnsBytes reply = ReceiveDatagram(client.get());
    ASSERT_GT(reply.size(), 12U);
    EXPECT_EQ(reply.at(3) & 0xf, static_cast<int>(code));
  }
  EXPECT_EQ(resolver.questions(), 0);
  EXPECT_THAT(Asked(), ElementsAre("42 a.allowed.example", "42 b.evil.example"));
}

TEST_F(DnsBrokerTest, Ipv6ClientsAreServed) {
  Start(1);
  UniqueFd client = Client(false, true, AF_INET6);
  DnsBytes question = QueryBytes("evil.example", kDnsTypeA, 5);
  ASSERT_EQ(send(client.get(), question.data(), question.size(), 0),
            static_cast<ssize_t>(question.size()));
  auto answer = ParseDnsAnswer(ReceiveDatagram(client.get()), *ParseDnsQuery(question), 5);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->code, DnsResponseCode::kNoSuchName);
}

TEST_F(DnsBrokerTest, ManyQuestionsAtOnceAreAllAnswered) {
  FakeResolver resolver([](const DnsQuery& query, bool) { return AnswerWith(query, "192.0.2.7"); });
  Start(resolver.port());
  UniqueFd client = Client(false);
  constexpr int kCount = 100;
  for (int i = 0; i < kCount; ++i) {
    DnsBytes question = QueryBytes("n" + std::to_string(i) + ".allowed.example", kDnsTypeA,
                                   static_cast<uint16_t>(i));
    ASSERT_GT(send(client.get(), question.data(), question.size(), 0), 0);
  }
  for (int i = 0; i < kCount; ++i) ASSERT_FALSE(ReceiveDatagram(client.get()).empty()) << i;
  EXPECT_EQ(broker_->NamesOf(Ip("192.0.2.7")).size(), static_cast<size_t>(kCount));
}

}  // namespace
}  // namespace safe_trace
